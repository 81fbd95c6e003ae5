"""Awards: likes, comments, reports, the showcase of members, and an act that waits for its badge to be chosen.

Revision: 0009
"""

from alembic import op

from migrations import script

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("award_draft", "award_showcase", "award_report", "award_comment", "award_like")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes what people said about awards away. The awards stay, and the column of the showcase comes back empty."""
    for name in TABLES:
        op.drop_table(name)
    op.execute("ALTER TABLE award ADD COLUMN is_showcased BOOLEAN DEFAULT false NOT NULL")
