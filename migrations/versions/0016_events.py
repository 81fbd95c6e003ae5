"""Events: the claims of messages that were taken, those that could not be, and the switches of a workspace.

Revision: 0016
"""

from alembic import op

from migrations import script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes away what could not be used. What came of the others stays."""
    op.drop_column("workspace", "sends_notices")
    op.drop_column("workspace", "takes_events")
    op.drop_table("event_parked")
    op.drop_table("event_claim")
