"""Messages that are on their way, by an index of their own.

Revision: 0010
"""

from alembic import op

from migrations import script

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_index("ix_outbox_sending", table_name="outbox")
