"""`plaudit slack install-link` and `plaudit slack reseal`."""

from urllib.parse import urlencode

from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import say
from bots.keys import button_secret, keyring
from bots.settings import Settings
from core.database import Sessions
from core.installations import invitations, service
from core.installations.service import Installation
from core.sealing import Keyring, Unsealed

BATCH = 50


async def install_link(settings: Settings, sessions: Sessions, *, workspace: str | None) -> int:
    """Print a link by which one Slack workspace joins a workspace of ours."""
    if not settings.slack_is_installed_by_many:
        raise CalledWrongly(
            "Slack is not set up for several workspaces; set PLAUDIT_SLACK_CLIENT_ID, PLAUDIT_SLACK_CLIENT_SECRET"
            " and PLAUDIT_PUBLIC_URL"
        )
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(role="ops") as (session, now):
        code = await invitations.invite(session, workspace_id=workspace_id, secret=button_secret(settings), now=now)
    say(f"{settings.public_url.rstrip('/')}/slack/install?{urlencode({'code': code})}")
    say(f"Good for one installation, within {invitations.HOURS} hours. Give it to whoever installs apps in that Slack.")
    return GOOD


async def reseal(settings: Settings, sessions: Sessions) -> int:
    """Seal every token that an earlier key sealed with the current one; exit code 1 if one does not open."""
    keys = keyring(settings)
    done, lost, after = 0, [], (0, "")
    while batch := await _next(sessions, keys, after):
        lost += [team for team in [await _resealed(sessions, keys, each) for each in batch] if team]
        done += len(batch)
        after = (batch[-1].workspace_id, batch[-1].team_id)
    say(f"{done - len(lost)} tokens sealed anew.")
    if not lost:
        say("PLAUDIT_SECRET_KEY_PREVIOUS may be unset now.")
        return GOOD
    say(
        f"No key opens the tokens of {', '.join(lost)}: set the earlier key as PLAUDIT_SECRET_KEY_PREVIOUS and try again,"
    )
    say("or let these Slack workspaces install Plaudit again.")
    return FOUND


async def _next(sessions: Sessions, keys: Keyring, after: tuple[int, str]) -> list[Installation]:
    async with sessions.begin(role="ops") as (session, _):
        return list(await service.standing(session, after=after, not_sealed_as=keys.header, limit=BATCH))


async def _resealed(sessions: Sessions, keys: Keyring, installation: Installation) -> str:
    """The team if its token does not open, else empty."""
    about = service.about(installation.workspace_id, installation.team_id)
    try:
        sealed = keys.seal(keys.open(installation.sealed_token, about=about), about=about)
    except Unsealed:
        return installation.team_id
    async with sessions.begin(role="ops") as (session, _):
        await service.reseal(session, installation, sealed_token=sealed)
    return ""
