"""`plaudit events …`: its words and options. What a command needs is imported when it is called."""

from typing import Annotated, Literal

import typer

app = typer.Typer(
    invoke_without_command=True,
    help="Events of other systems: what could not be taken, and why.",
    rich_markup_mode=None,
)
notifications = typer.Typer(
    no_args_is_help=True, help="What members are told without having asked.", rich_markup_mode=None
)

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]
Ids = Annotated[list[int] | None, typer.Argument(help="Ids as `list` shows them.", show_default=False)]


@app.callback()
def alone(context: typer.Context) -> None:
    """Events of other systems: what could not be taken, and why. Without a command: list."""
    if context.invoked_subcommand is None:
        list_events()


@app.command("list")
def list_events() -> None:
    """Show events that were given up or are tried again, with the reason. Exit code 1 if any were given up.

    Example: plaudit events list
    """
    from bots.cli import edge, parking

    raise typer.Exit(edge.run(parking.list_events))


@app.command()
def replay(
    ids: Ids = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
) -> None:
    """Take events again once the reason is mended, now; each has its effect once. Exit code 1 if any is refused again.

    Example: plaudit events replay 17 18, or plaudit events replay --all
    """
    from bots.cli import edge, parking

    raise typer.Exit(
        edge.run(lambda configured, sessions: parking.replay(configured, sessions, ids or [], is_all=is_all))
    )


def _switch(name: Literal["events", "notifications"], workspace: str | None, *, is_on: bool) -> None:
    from bots.cli import edge, switching

    raise typer.Exit(edge.run(lambda _, sessions: switching.switch(sessions, name, is_on=is_on, workspace=workspace)))


@app.command("on")
def events_on(workspace: Workspace = None) -> None:
    """Let a workspace take events again.

    Example: plaudit events on --workspace Acme
    """
    _switch("events", workspace, is_on=True)


@app.command("off")
def events_off(workspace: Workspace = None) -> None:
    """Take no events for a workspace until `plaudit events on`: hooks answer 503, messages stay with RabbitMQ.

    Example: plaudit events off --workspace Acme
    """
    _switch("events", workspace, is_on=False)


@notifications.command("on")
def notifications_on(workspace: Workspace = None) -> None:
    """Let a workspace's members get notices again.

    Example: plaudit notifications on --workspace Acme
    """
    _switch("notifications", workspace, is_on=True)


@notifications.command("off")
def notifications_off(workspace: Workspace = None) -> None:
    """Send a workspace's members no notices until `plaudit notifications on`; answers and cards go on.

    Example: plaudit notifications off --workspace Acme
    """
    _switch("notifications", workspace, is_on=False)
