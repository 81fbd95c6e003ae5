"""`plaudit events …`: its words and options. What a command needs is imported when it is called."""

from typing import Annotated

import typer

app = typer.Typer(invoke_without_command=True, help="Events that could not be taken, and why.", rich_markup_mode=None)

Ids = Annotated[list[int] | None, typer.Argument(help="Ids as `list` shows them.", show_default=False)]


@app.callback()
def alone(context: typer.Context) -> None:
    """Events that could not be taken, and why. Without a command: list."""
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
