"""The first tables: people, ledger, kudos, inbox, outbox, tokens, and the guards of what follows.

Revision: 0001
"""

from alembic import op

from migrations import script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "kudos_tag",
    "kudos_second",
    "kudos_receiver",
    "award",
    "transfer",
    "kudos",
    "profile",
    "identity",
    "conversation",
    "account",
    "tag",
    "member",
    "binding",
    "workspace",
    "vote",
    "press",
    "post",
    "outbox_scope",
    "outbox",
    "kudos_repeat",
    "kudos_pair",
    "job_run",
    "inbox",
    "draw_result",
    "award_guard",
    "action_token",
)


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Drops every table. The two roles stay: they belong to the server, and other databases on it may use them."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION current_workspace()")
