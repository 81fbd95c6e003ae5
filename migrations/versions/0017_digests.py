"""How much a conversation hears, and digests.

Revision: 0017
"""

from alembic import op

from migrations import script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_index("ix_profile_birthday", "profile")
    op.drop_index("ix_award_awarded_at", "award")
    op.drop_table("digest")
    op.drop_column("conversation", "mode")
