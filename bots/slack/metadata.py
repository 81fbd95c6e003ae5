"""What we hand a view to carry, and get back with every press and submission of it: Slack keeps it, nobody sees it."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from bots.slack.payloads import View
from bots.strict_json import parse_object

LENGTH_MAX: Final = 3000


@dataclass(frozen=True, slots=True)
class Metadata:
    """`token` is what a submission presses. `channel` and `thread` are where the view was asked for, `response_url` a way back
    there for half an hour; empty where it came from nowhere. `digest` tells which state a published page shows."""

    token: str = ""
    channel: str = ""
    thread: str = ""
    response_url: str = ""
    digest: str = ""

    def written(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value})


def read(view: View | None) -> Metadata:
    """What a view of ours carries; nothing at all for one that we did not make."""
    if view is None or not view.private_metadata:
        return Metadata()
    try:
        found: dict[str, Any] = parse_object(view.private_metadata.encode(), limit=LENGTH_MAX)
    except ValueError:
        return Metadata()
    texts = {name: found.get(name) for name in Metadata.__dataclass_fields__}
    return Metadata(**{name: text for name, text in texts.items() if isinstance(text, str)})
