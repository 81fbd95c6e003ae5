"""What `plaudit events on|off` and `plaudit notifications on|off` do."""

from typing import Final, Literal

from bots.cli.edge import GOOD, workspace_named
from bots.cli.screen import say
from core.database import Sessions
from core.people import service

Name = Literal["events", "notifications"]

SWITCHES: Final[dict[Name, Literal["takes_events", "sends_notices"]]] = {
    "events": "takes_events",
    "notifications": "sends_notices",
}
TOLD: Final[dict[tuple[Name, bool], str]] = {
    ("events", True): "takes events",
    ("events", False): "takes no events until `plaudit events on`",
    ("notifications", True): "sends notices",
    ("notifications", False): "sends no notices until `plaudit notifications on`; answers and cards go on",
}


async def switch(sessions: Sessions, name: Name, *, is_on: bool, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(role="ops") as (session, _):
        await service.switch(session, workspace_id=workspace_id, switched=SWITCHES[name], is_on=is_on)
    say(f"Workspace {workspace_id} {TOLD[name, is_on]}.")
    return GOOD
