"""The first tables: people, ledger, kudos, inbox, outbox, tokens, and the guards of what follows.

Revision: 0001
"""

from pathlib import Path
from typing import cast

import asyncpg
from alembic import op
from sqlalchemy.engine.interfaces import AdaptedConnection

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
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.dbapi_connection
    assert isinstance(connection, AdaptedConnection)
    connection.run_async(lambda driver: cast("asyncpg.Connection", driver).execute(script))


def downgrade() -> None:
    """Drops every table. The two roles stay: they belong to the server, and other databases on it may use them."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION current_workspace()")
