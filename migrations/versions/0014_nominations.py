"""Nominations: campaigns, who stands in them and why, comments, and the roll of who took part.

Revision: 0014
"""

from alembic import op

from migrations import script

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("ballot_roll", "nomination_comment", "nomination", "candidacy", "campaign")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes campaigns and their votes away, which say nothing without them. What was awarded stays."""
    op.execute("DELETE FROM vote")
    for name in TABLES:
        op.drop_table(name)
