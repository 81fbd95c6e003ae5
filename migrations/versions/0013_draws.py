"""Draws: their prizes, entrants, sealed lists and results.

Revision: 0013
"""

from alembic import op

from migrations import script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ADDED = ("passed_over", "award_id", "paid_to", "prize")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes draws and their results away; what was paid stays in the books."""
    op.execute("DELETE FROM draw_result")
    op.drop_constraint("fk_draw_result_workspace_id_entrant_id", "draw_result")
    op.drop_constraint("fk_draw_result_workspace_id_draw_id", "draw_result")
    for name in ADDED:
        op.drop_column("draw_result", name)
    for name in ("draw_list", "draw_entrant", "draw"):
        op.drop_table(name)
    op.execute("DROP FUNCTION keep_draw_sealed")
    op.execute(
        "CREATE OR REPLACE FUNCTION earning_reasons() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE"
        " RETURN ARRAY['kudos', 'badge_earned', 'achievement_earned', 'manual_adjustment']"
    )
