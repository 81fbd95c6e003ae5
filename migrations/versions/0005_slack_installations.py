"""Slack teams that installed us.

Revision: 0005
"""

from alembic import op

from migrations import script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """The tokens are gone; every team has to install again."""
    op.drop_table("slack_installation")
