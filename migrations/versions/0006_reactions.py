"""Reactions: which seconds came by one, and a message of ours found by its id.

Revision: 0006
"""

from alembic import op

from migrations import script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_index("ix_post_message", "post")
    op.drop_column("kudos_second", "by_reaction")
