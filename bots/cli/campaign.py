"""`plaudit campaign …`: its words and options. What a command needs is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Campaigns of nominations and votes, and the proof of their counts.",
    rich_markup_mode=None,
)

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]


@app.command("list")
def list_campaigns(workspace: Workspace = None) -> None:
    """Show campaigns that are under way and the latest that ended.

    Example: plaudit campaign list
    """
    from bots.cli import campaigns, edge

    raise typer.Exit(edge.run(lambda _, sessions: campaigns.list_campaigns(sessions, workspace=workspace)))


@app.command("record")
def record(
    campaign: Annotated[int, typer.Argument(help="Number as `list` shows it.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; without it it is printed.", show_default=False)
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write the public record of a closed campaign: every ballot with its receipt, nobody's vote by name.

    Example: plaudit campaign record 12 --out record.json
    """
    from bots.cli import campaigns, edge

    raise typer.Exit(
        edge.run(lambda _, sessions: campaigns.write_record(sessions, campaign, path=out, workspace=workspace))
    )


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A record that `record` wrote.", show_default=False)],
    receipts: Annotated[
        list[str] | None, typer.Argument(help="Receipts to look for in it.", show_default=False)
    ] = None,
) -> None:
    """Recount a campaign from its record alone; needs no database.

    Example: plaudit campaign verify record.json ABCD-EFGH-IJKL-MNOP
    """
    from bots.cli import campaigns

    raise typer.Exit(campaigns.verify(file, receipts or []))
