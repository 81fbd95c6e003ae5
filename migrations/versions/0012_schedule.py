"""The schedule: jobs, what became of their runs, and the switch of a workspace.

Revision: 0012
"""

from alembic import op

from migrations import script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ADDED = ("outcome", "finished_at", "attempts", "error", "summary")


def upgrade() -> None:
    script.run(__file__)


def downgrade() -> None:
    """Forgets which jobs there are and how their runs ended; that they ran stays."""
    op.drop_column("workspace", "jobs_since")
    op.drop_column("workspace", "runs_jobs")
    op.drop_index("ix_job_run_started_at", "job_run")
    op.drop_index("ix_job_run_last", "job_run")
    for name in ADDED:
        op.drop_column("job_run", name)
    op.alter_column("job_run", "started_at", new_column_name="ran_at")
    op.drop_index("ix_badge_job", "badge")
    op.drop_table("job")
