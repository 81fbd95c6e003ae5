"""Which workspace a private chat belongs to.

Revision: 0018
"""

from alembic import op

from migrations import script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_column("identity", "chosen_at")
