"""`plaudit`, or `python -m bots`: the commands of operators."""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bots.cli import campaign, draw, events, importing, jobs, journeys, manifest, rule_words

# What a command needs is imported when it is called, so that `plaudit --help` answers at once.

EXIT_CODES = "Exit codes: 0 all is well, 1 something wrong was found, 2 called wrongly or misconfigured."
app = typer.Typer(
    name="plaudit",
    help=f"Recognition where people already talk: Microsoft Teams, Slack and Telegram.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
outbox = typer.Typer(no_args_is_help=True, help="Messages to people that were given up.", rich_markup_mode=None)
inbox = typer.Typer(no_args_is_help=True, help="Deliveries of the platforms that were given up.", rich_markup_mode=None)
admin = typer.Typer(no_args_is_help=True, help="Who may do what.", rich_markup_mode=None)
slack = typer.Typer(no_args_is_help=True, help="The Slack workspaces that install Plaudit.", rich_markup_mode=None)
app.add_typer(importing.app, name="import")
app.add_typer(rule_words.app, name="badges")
app.command()(rule_words.why)
app.add_typer(outbox, name="outbox")
app.add_typer(inbox, name="inbox")
app.add_typer(admin, name="admin")
app.add_typer(journeys.app, name="journeys")
app.add_typer(manifest.app, name="manifest")
app.add_typer(campaign.app, name="campaign")
app.add_typer(slack, name="slack")
app.add_typer(jobs.app, name="jobs")
app.add_typer(events.app, name="events")
app.add_typer(events.notifications, name="notifications")
app.add_typer(draw.app, name="draw")

Workspace = Annotated[str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")]
Ids = Annotated[list[int] | None, typer.Argument(help="Ids as `list` shows them; none means all.", show_default=False)]


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Tell one story and exit.")] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port of the bot; without it a free one.")
    ] = None,
) -> None:
    """Run Plaudit with simulated chats and a database of its own; needs no account anywhere.

    Example: plaudit demo --once
    """
    import bots.demo

    raise typer.Exit(bots.demo.run(once=once, port=port))


@app.command()
def run() -> None:
    """Serve the configured channels until stopped (Ctrl-C, SIGTERM).

    Example: PLAUDIT_SLACK_SIGNING_SECRET=… PLAUDIT_SLACK_BOT_TOKEN=xoxb-… plaudit run
    """
    from bots.cli import serving

    serving.run()


@app.command()
def migrate(to: Annotated[str, typer.Option("--to", help="Revision to stop at.")] = "head") -> None:
    """Bring the database to this version; in an empty one also make the first workspace.

    Example: plaudit migrate
    """
    from bots.cli import schema

    raise typer.Exit(schema.migrate(to))


@app.command()
def verify() -> None:
    """Recompute the books by other means than those that wrote them, and name everything that does not agree.

    Example: plaudit verify
    """
    from bots.cli import edge, verification

    raise typer.Exit(edge.run(verification.verify))


@app.command()
def doctor(
    online: Annotated[bool, typer.Option("--online", help="Also see whether the platforms' servers answer.")] = False,
) -> None:
    """Say what is configured, what is missing or broken, and how to mend it; shows no secret.

    Example: plaudit doctor --online
    """
    from bots.cli import doctor as command

    raise typer.Exit(command.doctor(online=online))


@outbox.command("list")
def list_outbox() -> None:
    """Show messages that were given up, with the reason.

    Example: plaudit outbox list
    """
    from bots.cli import edge, queues

    raise typer.Exit(edge.run(queues.list_outbox))


@outbox.command("replay")
def replay_outbox(ids: Ids = None) -> None:
    """Try messages again once the reason is mended.

    Example: plaudit outbox replay 17 18
    """
    from bots.cli import edge, queues

    raise typer.Exit(edge.run(lambda _, sessions: queues.replay_outbox(sessions, ids or [])))


@inbox.command("list")
def list_inbox() -> None:
    """Show deliveries that were given up, with the reason.

    Example: plaudit inbox list
    """
    from bots.cli import edge, queues

    raise typer.Exit(edge.run(queues.list_inbox))


@inbox.command("replay")
def replay_inbox(ids: Ids = None) -> None:
    """Work on deliveries again once the reason is mended; each has its effect once.

    Example: plaudit inbox replay 4211
    """
    from bots.cli import edge, queues

    raise typer.Exit(edge.run(lambda _, sessions: queues.replay_inbox(sessions, ids or [])))


@admin.command()
def grant(
    who: Annotated[str, typer.Argument(help="E-mail address, or platform:tenant:id.", show_default=False)],
    workspace: Workspace = None,
) -> None:
    """Make a member an admin, who may then connect channels with `/admin`.

    Example: plaudit admin grant ana@example.com, or plaudit admin grant slack:T024BE7LD:U2147483697
    """
    from bots.cli import admins, edge

    raise typer.Exit(edge.run(lambda _, sessions: admins.grant(sessions, who=who, workspace=workspace)))


@slack.command("install-link")
def install_link(workspace: Workspace = None) -> None:
    """Make a link by which one Slack workspace installs Plaudit and joins a workspace of yours.

    Example: plaudit slack install-link --workspace Acme
    """
    from bots.cli import edge
    from bots.cli import slack as command

    raise typer.Exit(edge.run(lambda settings, sessions: command.install_link(settings, sessions, workspace=workspace)))


@slack.command()
def reseal() -> None:
    """After the secret key was changed: seal the tokens of Slack workspaces with the new one.

    Example: plaudit slack reseal
    """
    from bots.cli import edge
    from bots.cli import slack as command

    raise typer.Exit(edge.run(command.reseal))


@app.command()
def version() -> None:
    """Print the version.

    Example: plaudit version
    """
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    typer.echo(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def invoke(arguments: Sequence[str]) -> int:
    """Run a command line; returns its exit code."""
    from bots.cli.edge import expected_faults

    try:
        with expected_faults():
            app(list(arguments), prog_name="plaudit")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def main() -> None:
    sys.exit(invoke(sys.argv[1:]))


if __name__ == "__main__":
    main()
