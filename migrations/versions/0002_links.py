"""Links between accounts of one person, and the closed accounts of members who were merged.

Revision: 0002
"""

from alembic import op

from migrations import script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    op.drop_table("link")
    op.drop_index("ix_member_merged", "member")
    op.drop_constraint("ck_account_closed", "account")
    op.drop_column("account", "is_closed")
