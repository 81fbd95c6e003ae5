"""`plaudit import …`: what is kept elsewhere, brought in. What a command needs is imported when it is called."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.activities.importing.sheet import Kind

app = typer.Typer(no_args_is_help=True, help="Bring in what is kept elsewhere.", rich_markup_mode=None)

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]
Csv = Annotated[Path, typer.Argument(help="CSV in UTF-8, with a line of column names.", show_default=False)]
Applied = Annotated[bool, typer.Option("--apply", help="Write it; without this nothing is written.")]


@app.command()
def people(
    file: Csv,
    is_applied: Applied = False,
    workspace: Workspace = None,
) -> None:
    """Add and update members from a CSV file: a dry run that reports every fault by its line, until you say --apply.

    Example: plaudit import people people.csv, then plaudit import people people.csv --apply
    """
    from bots.cli import edge
    from bots.cli import people as command

    raise typer.Exit(
        edge.run(lambda _, sessions: command.import_people(sessions, file, is_applied=is_applied, workspace=workspace))
    )


@app.command()
def badges(
    file: Annotated[Path, typer.Argument(help="JSON: a list of badges, or one.", show_default=False)],
    is_applied: Applied = False,
    is_strict: Annotated[
        bool, typer.Option("--strict", help="Refuse types, categories and groups that are not there yet.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Add and change badges from a JSON file: a dry run that reports every fault by its path, until you say --apply.

    Example: plaudit import badges rewards.json, then plaudit import badges rewards.json --apply
    """
    from bots.cli import badges as command
    from bots.cli import edge

    raise typer.Exit(
        edge.run(
            lambda configured, sessions: command.import_badges(
                sessions,
                file,
                functions=configured.functions,
                is_applied=is_applied,
                is_strict=is_strict,
                workspace=workspace,
            )
        )
    )


@app.command()
def activities(file: Csv, is_applied: Applied = False, workspace: Workspace = None) -> None:
    """Bring in what members did (sales, hours, trainings, …), and award the badges that they have earned by it.

    Example: plaudit import activities sales.csv, then plaudit import activities sales.csv --apply
    """
    _history("activities", file, is_applied=is_applied, workspace=workspace)


@app.command()
def attendance(file: Csv, is_applied: Applied = False, workspace: Workspace = None) -> None:
    """Bring in the days on which members were there, and award the badges that they have earned by it.

    Example: plaudit import attendance november.csv, then plaudit import attendance november.csv --apply
    """
    _history("attendance", file, is_applied=is_applied, workspace=workspace)


@app.command()
def holidays(file: Csv, is_applied: Applied = False, workspace: Workspace = None) -> None:
    """Bring in the days on which nobody has to be there.

    Example: plaudit import holidays 2027.csv, then plaudit import holidays 2027.csv --apply
    """
    _history("holidays", file, is_applied=is_applied, workspace=workspace)


def _history(kind: "Kind", file: Path, *, is_applied: bool, workspace: str | None) -> None:
    from bots.cli import activities as command
    from bots.cli import edge

    raise typer.Exit(
        edge.run(
            lambda configured, sessions: command.import_file(
                sessions, file, kind, functions=configured.functions, is_applied=is_applied, workspace=workspace
            )
        )
    )
