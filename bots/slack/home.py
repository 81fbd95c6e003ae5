"""App Home: the page that is a person's own."""

import hashlib
import json

from bots.chat import Sent, Target
from bots.slack.api import Api
from bots.slack.metadata import Metadata
from cards.render import Rendered


async def publish(api: Api, target: Target, rendered: Rendered) -> Sent:
    """Show the page to `target.person`, unless that is what it shows already. Raises a SendError."""
    view = rendered.payload["view"]
    digest = hashlib.sha256(json.dumps(view["blocks"], sort_keys=True).encode()).hexdigest()[:16]
    if digest == target.message_id:
        return Sent()
    carried = Metadata(channel=target.place.remote_id, digest=digest).written()
    page = {**view, "private_metadata": carried}
    await api.call("views.publish", {"user_id": target.person, "view": page}, repeatable=True)
    return Sent()
