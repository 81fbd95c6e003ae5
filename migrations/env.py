"""Run by alembic: migrates on the connection that `migrations.upgrade` hands over."""

from alembic import context

from migrations.schema import metadata

LOCK_SECONDS = 10
STATEMENT_SECONDS = 900

connection = context.config.attributes["connection"]
if connection.in_transaction():
    # A migration that has to wait for a lock must not make everybody else wait behind it.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
    # Replicas that start together migrate one after the other.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('plaudit migrations'))")
context.configure(connection=connection, target_metadata=metadata, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
