"""Leaderboards: totals per member, measure and period, counted from the history and kept by triggers from now on.

Revision: 0008
"""

from alembic import op

from migrations import script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TRIGGERS = {
    "transfer": ("transfer_counts",),
    "kudos": ("kudos_counts", "kudos_counts_no_more"),
    "kudos_receiver": ("kudos_receiver_counts", "kudos_receiver_counts_no_more"),
    "award": ("award_counts", "award_counts_no_more"),
    "member": ("member_is_ranked",),
    "workspace": ("workspace_has_zone", "workspace_changes_zone"),
}
ARRAYS = "bigint[], bigint[], text[], timestamptz[], bigint[]"
FUNCTIONS = (
    "count_transfers()",
    "count_kudos_given()",
    "count_kudos_received()",
    "count_kudos_taken_back()",
    "count_awards()",
    "count_awards_revoked()",
    "rank_members()",
    "keep_zone()",
    f"count_on_boards({ARRAYS})",
    f"board_changes({ARRAYS})",
    "board_periods(date)",
    "earning_reasons()",
)
INDEXES = {
    "member": ("ix_member_unranked",),
    "kudos": ("ix_kudos_conversation",),
    "profile": (
        "ix_profile_department",
        "ix_profile_location",
        "ix_profile_job_code",
        "ix_profile_groups",
        "ix_profile_programs",
    ),
}
TABLES = ("leaderboard_snapshot", "leaderboard_step", "leaderboard_total", "workspace_zone")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Everything can be counted again from the history, but for who hides their rank."""
    for table, triggers in TRIGGERS.items():
        for trigger in triggers:
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table, indexes in INDEXES.items():
        for index in indexes:
            op.drop_index(index, table)
    op.drop_column("member", "hides_rank")
    for table in TABLES:
        op.drop_table(table)
