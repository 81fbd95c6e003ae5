"""Activities: what members do, when they were there, holidays, tallies and months of them; runs of rules that choose.

Revision: 0011
"""

from alembic import op

from migrations import script

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("rule_run", "activity_month", "activity_tally", "holiday", "attendance", "activity_key", "activity")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Takes away what members did. The awards that came of it stay."""
    for name in TABLES:
        op.drop_table(name)
    op.execute("DROP FUNCTION make_activity_month(date)")
    op.execute("DROP FUNCTION is_zone(text)")
    op.execute("DROP SCHEMA activity_months")
