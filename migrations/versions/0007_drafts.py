"""Forms that are filled in step by step.

Revision: 0007
"""

from alembic import op

from migrations import script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_table("draft")
