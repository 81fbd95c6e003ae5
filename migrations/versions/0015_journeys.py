"""Journeys: who is on the way to a badge, and which of its steps they have done.

Revision: 0015
"""

from alembic import op

from migrations import script

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes away how far everybody came. The badges that journeys ended with stay."""
    op.drop_table("journey_step")
    op.drop_table("journey")
