"""`plaudit jobs …`: its words and options. What a command needs is imported when it is called."""

from typing import Annotated

import typer

app = typer.Typer(
    invoke_without_command=True,
    help="What is done by the clock: when it is next, what came of it last.",
    rich_markup_mode=None,
)

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]


Everywhere = Annotated[str | None, typer.Option("--workspace", help="Id or name; without it all.")]


@app.callback()
def alone(context: typer.Context) -> None:
    """What is done by the clock: when it is next, what came of it last. Without a command: list."""
    if context.invoked_subcommand is None:
        list_jobs()


@app.command("list")
def list_jobs(
    is_json: Annotated[bool, typer.Option("--json", help="A JSON object for each job, one a line.")] = False,
    workspace: Everywhere = None,
) -> None:
    """List the jobs of badges and the built-in ones: next run, last run, outcome. Exit code 1 if a last run failed.

    Example: plaudit jobs list --json
    """
    from bots.cli import edge, scheduling

    raise typer.Exit(edge.run(lambda _, sessions: scheduling.list_jobs(sessions, workspace=workspace, is_json=is_json)))


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Id or name as `plaudit jobs` shows it.", show_default=False)],
    key: Annotated[
        str | None, typer.Option("--key", help="The same key runs it once; without it the minute.", show_default=False)
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Run a job now, whatever its times; the run counts beside those by the clock.

    Example: plaudit jobs run badge:1010 --key after-the-outage
    """
    from bots.cli import edge, scheduling

    raise typer.Exit(edge.run(lambda _, sessions: scheduling.run(sessions, name=name, key=key, workspace=workspace)))


@app.command()
def on(workspace: Workspace = None) -> None:
    """Let a workspace's jobs run again; what was due meanwhile is not caught up.

    Example: plaudit jobs on --workspace Acme
    """
    from bots.cli import edge, scheduling

    raise typer.Exit(edge.run(lambda _, sessions: scheduling.switch(sessions, is_on=True, workspace=workspace)))


@app.command()
def off(workspace: Workspace = None) -> None:
    """Stop a workspace's jobs until `plaudit jobs on`; other workspaces go on.

    Example: plaudit jobs off --workspace Acme
    """
    from bots.cli import edge, scheduling

    raise typer.Exit(edge.run(lambda _, sessions: scheduling.switch(sessions, is_on=False, workspace=workspace)))
