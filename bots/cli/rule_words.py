"""`plaudit badges plan` and `plaudit why`. What a command needs is imported when it is called."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Badges that rules award.", rich_markup_mode=None)

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]


@app.callback()
def badges() -> None:
    """Badges that rules award."""


@app.command()
def plan(
    badge: Annotated[
        str | None, typer.Argument(help="Name or reward_id; none means all that rules award.", show_default=False)
    ] = None,
    shows_query: Annotated[bool, typer.Option("--query", help="Also show how the database finds them.")] = False,
    workspace: Workspace = None,
) -> None:
    """Say how many members rules would award which badges now, with examples; nothing is written.

    Example: plaudit badges plan "Consistency King" --query
    """
    from bots.cli import edge
    from bots.cli import rules as command

    raise typer.Exit(
        edge.run(
            lambda configured, sessions: command.plan(
                sessions, badge, functions=configured.functions, shows_query=shows_query, workspace=workspace
            )
        )
    )


def why(
    member: Annotated[str, typer.Argument(help="E-mail address, id, or platform:tenant:id.", show_default=False)],
    badge: Annotated[str, typer.Argument(help="Name or reward_id.", show_default=False)],
    workspace: Workspace = None,
) -> None:
    """Say which of a badge's rules hold for a member and which do not, with their figures.

    Example: plaudit why ana@example.com "Consistency King"
    """
    from bots.cli import edge
    from bots.cli import rules as command

    raise typer.Exit(
        edge.run(
            lambda configured, sessions: command.why(
                sessions, member, badge, functions=configured.functions, workspace=workspace
            )
        )
    )
