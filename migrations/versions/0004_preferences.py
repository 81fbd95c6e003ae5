"""Preferences: quiet hours, and whether a member wants notices.

Revision: 0004
"""

from alembic import op

from migrations import script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    for name in ("quiet_from", "quiet_to", "wants_notices"):
        op.drop_column("profile", name)  # the check goes along
