"""`plaudit draw …`: its words and options. What a command needs is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Draws, and the proof that they were fair.", rich_markup_mode=None)


@app.command("list")
def list_draws(
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")
    ] = None,
) -> None:
    """List the latest draws: their ids, states, prizes and hashes.

    Example: plaudit draw list
    """
    from bots.cli import drawing, edge

    raise typer.Exit(edge.run(lambda _, sessions: drawing.list_draws(sessions, workspace=workspace)))


@app.command()
def record(
    draw: Annotated[str, typer.Argument(help="Id as `plaudit draw list` shows it.", show_default=False)],
    path: Annotated[
        Path | None, typer.Option("--out", help="File to write; without it it is printed.", show_default=False)
    ] = None,
) -> None:
    """Export the record of a draw that is drawn: the list, the seed, and whom it fell to. It holds ids, no names.

    Example: plaudit draw record 0b8f2c1e-8f5b-4c52-9d0c-3f0a5d2f7a11 --out record.json
    """
    from bots.cli import drawing, edge

    raise typer.Exit(edge.run(lambda _, sessions: drawing.record(sessions, wanted=draw, path=path)))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The record, as it was exported.", show_default=False)],
) -> None:
    """Recompute a draw from its record alone; needs no database and no settings.

    Example: plaudit draw verify record.json
    """
    from bots.cli import drawing

    raise typer.Exit(drawing.verify(file))
