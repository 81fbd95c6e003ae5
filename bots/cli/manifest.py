"""`plaudit manifest …`: its words and options. What a command needs is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="What the platforms are told about Plaudit, made from its commands, languages and addresses.",
    rich_markup_mode=None,
)

Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Public https address of this Plaudit; without it PLAUDIT_PUBLIC_URL.", show_default=False
    ),
]
Written = Annotated[
    Path | None, typer.Option("--out", help="File to write; without it it is printed.", show_default=False)
]


AppId = Annotated[
    str | None,
    typer.Option(
        "--app-id", help="Application (client) id of the bot; without it PLAUDIT_TEAMS_APP_ID.", show_default=False
    ),
]
Name = Annotated[str, typer.Option("--name", help="What the app is called in Teams.")]
Developer = Annotated[str, typer.Option("--developer", help="Your company, as the app's page names it.")]
Privacy = Annotated[
    str | None, typer.Option("--privacy", help="Your privacy page; without it URL/privacy.", show_default=False)
]
Terms = Annotated[
    str | None, typer.Option("--terms", help="Your terms of use; without it URL/terms.", show_default=False)
]
AppVersion = Annotated[str, typer.Option("--app-version", help="Must be higher than the uploaded one's.")]
SlashCommands = Annotated[
    bool, typer.Option("--slash-commands", help="Also offer /kudos in Teams itself: a preview, manifest 1.29.")
]


@app.command("teams")
def teams(
    app_id: AppId = None,
    url: Url = None,
    name: Name = "Plaudit",
    developer: Developer = "Plaudit",
    privacy: Privacy = None,
    terms: Terms = None,
    app_version: AppVersion = "1.0.0",
    has_slash_commands: SlashCommands = False,
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("plaudit-teams.zip"),
) -> None:
    """Write the app package to upload in Teams: commands in every language, icons, and "Send kudos" beside the text box.

    Example: plaudit manifest teams --app-id 4f2c0b1e-… --url https://plaudit.example.com
    """
    from bots.cli import listing

    raise typer.Exit(
        listing.teams(
            app_id=app_id,
            url=url,
            name=name,
            developer=developer,
            privacy=privacy,
            terms=terms,
            version=app_version,
            has_slash_commands=has_slash_commands,
            path=out,
        )
    )


@app.command("slack")
def slack(
    url: Url = None,
    is_socket_mode: Annotated[
        bool, typer.Option("--socket-mode", help="For a Plaudit without a public address; names none.")
    ] = False,
    out: Written = None,
) -> None:
    """Print the manifest to paste when the Slack app is made: commands, shortcuts, events and scopes.

    Example: plaudit manifest slack --url https://plaudit.example.com
    """
    from bots.cli import listing

    raise typer.Exit(listing.slack(url=url, is_socket_mode=is_socket_mode, path=out))


@app.command("telegram")
def telegram(
    is_applied: Annotated[
        bool, typer.Option("--apply", help="Make the calls, with the bot's token from PLAUDIT_TELEGRAM_BOT_TOKEN.")
    ] = False,
    out: Written = None,
) -> None:
    """Print the calls that give the bot its menus and descriptions in every language, or make them with --apply.

    A running Plaudit publishes the menus by itself when it starts, but not the descriptions.

    Example: plaudit manifest telegram --apply
    """
    from bots.cli import listing

    raise typer.Exit(listing.telegram(is_applied=is_applied, path=out))
