"""E-mail as `deliver` sees it: one more platform, on which nobody speaks and every member has a line of their own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from typing import Any, Final

from bots.chat import Account, Incoming, Place, PlatformName, Profile, Sent, Target
from bots.email.server import Server
from bots.sending import Pacing, Permanent
from cards.model import Buttons, Card
from cards.render import Context, Rendered, plain

PACING: Final = Pacing(gap=1.0, burst=5, per_second=5.0)
SUBJECT_MAX: Final = 150

Find = Callable[[int, int], Awaitable[str]]
"""The address of a member of a workspace, empty if they have none."""


class EmailPlatform:
    """`Place.tenant` is the workspace's id and `Target.person` the member's: addresses stand in profiles alone, and are read when
    a message is sent."""

    name: PlatformName = "email"
    can_whisper = False
    must_answer_presses = False
    can_refresh = False
    asks_by_place = False

    def __init__(self, server: Server, find: Find) -> None:
        self._server = server
        self._find = find

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        raise ValueError(f"e-mail delivers nothing: {sorted(body)}")

    async def profile(self, account: Account, place: Place) -> Profile | None:  # noqa: ARG002 - the protocol's
        return None

    async def members(self, crowd: str, place: Place) -> Sequence[Account] | None:  # noqa: ARG002 - the protocol's
        return None

    def render(self, card: Card, context: Context) -> Rendered:
        """As plain text, without the buttons that nobody could press."""
        elements = tuple(element for element in card.elements if not isinstance(element, Buttons))
        return plain.render(replace(card, elements=elements), context)

    def pacing(self, place: Place) -> Pacing:  # noqa: ARG002 - the protocol's
        return PACING

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        """A letter once sent is not edited: what changed later is not told by e-mail. Raises a SendError."""
        if target.message_id:
            return Sent(target.message_id)
        address = await self._find(int(target.place.tenant), int(target.person))
        if not address:
            raise Permanent("the member has no e-mail address")
        text = str(rendered.payload["text"])
        try:
            letter = _letter(self._server.sender, address, summary, text)
        except ValueError:
            raise Permanent("what stands as the member's e-mail address is none") from None
        await self._server.send(letter)
        return Sent(str(letter["Message-ID"]))

    async def close(self) -> None:
        """Each letter has a connection of its own."""


def _letter(sender: str, to: str, summary: str, text: str) -> EmailMessage:
    """The same letter sent twice has the same id, so that mailboxes can tell."""
    letter = EmailMessage()
    domain = sender.rpartition("@")[2].rstrip(">")
    mark = sha256(f"{to}\n{summary}\n{text}".encode(errors="surrogatepass")).hexdigest()[:32]
    letter["From"] = sender
    letter["To"] = Address(addr_spec=to)
    letter["Subject"] = " ".join(summary.split())[:SUBJECT_MAX]
    letter["Date"] = formatdate(usegmt=True)
    letter["Message-ID"] = f"<{mark}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    return letter
