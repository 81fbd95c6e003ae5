"""Links between accounts of one person, and the closed accounts of members who were merged.

Revision: 0002
"""

from pathlib import Path
from typing import cast

import asyncpg
from alembic import op
from sqlalchemy.engine.interfaces import AdaptedConnection

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.dbapi_connection
    assert isinstance(connection, AdaptedConnection)
    connection.run_async(lambda driver: cast("asyncpg.Connection", driver).execute(script))


def downgrade() -> None:
    op.drop_table("link")
    op.drop_index("ix_member_merged", "member")
    op.drop_constraint("ck_account_closed", "account")
    op.drop_column("account", "is_closed")
