"""Badges: terms, definitions, and what an award tells of itself.

Revision: 0003
"""

from alembic import op

from migrations import script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("public_id", "act_id", "points", "why", "is_showcased", "revoked_by", "revoke_reason")
CONSTRAINTS = ("fk_award_guard_workspace_id_badge_id", "fk_award_guard_workspace_id_member_id")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes the definitions away. Awards and their points stay, with the ids of badges that nothing explains any more."""
    for name in CONSTRAINTS:
        op.drop_constraint(name, "award_guard")
    op.drop_constraint("fk_award_workspace_id_badge_id", "award")
    op.drop_constraint("ck_award_not_to_oneself", "award")
    op.drop_constraint("ck_award_length", "award")
    for name in COLUMNS:
        op.drop_column("award", name)  # its index and constraints go along
    op.drop_table("badge")
    op.drop_table("badge_term")
