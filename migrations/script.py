"""Migrations that are SQL files: each stands beside the revision that runs it."""

from pathlib import Path
from typing import cast

import asyncpg
from alembic import op
from sqlalchemy.engine.interfaces import AdaptedConnection


def run(revision: str) -> None:
    """Run the file of the same name as a revision's own, given by its `__file__`, as a script: by the driver, as it stands."""
    script = Path(revision).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.dbapi_connection
    assert isinstance(connection, AdaptedConnection)
    connection.run_async(lambda driver: cast("asyncpg.Connection", driver).execute(script))
