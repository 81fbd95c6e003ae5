"""What badges call by name: the product's own callbacks, and what every callback is given.

A callback is `async (happened, tools) -> Notice | None`; a company registers its own in its file of functions, by
`core.badges.registry.callback`. It is called after the commit and outside of any transaction. After a crash it may be called
again for the same thing, with the same `happened.key`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from bots.sending import Permanent
from cards.words import words_for
from core.badges.registry import callback
from core.callbacks.service import Happened


class Mailer(Protocol):
    """Who brings e-mail to its address. Raises a SendError: `Permanent` if trying again is of no use."""

    async def send(self, *, to: str, subject: str, text: str, key: str) -> None: ...


class Notice(NamedTuple):
    """A message of ours to the member it happened to; `kind` is one of bots.views, its reference the award."""

    kind: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a callback may use. `mailer` is None where no e-mail is configured."""

    mailer: Mailer | None = None


Callback = Callable[[Happened, Tools], Awaitable[Notice | None]]


class NeedsAward(Permanent):
    """The callback is about an award, and was named at a step."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} needs an award: name it in completion_callbacks or awarded_callbacks")


@callback("rewards.callbacks.send_completion_email")
async def send_completion_email(happened: Happened, tools: Tools) -> Notice | None:
    """Congratulate by e-mail; in private where there is no address, or nobody who brings e-mail."""
    if happened.award_id is None:
        raise NeedsAward("send_completion_email")
    if tools.mailer is None or not happened.email:
        return Notice("completion_notice")
    words = words_for(happened.locale)
    values = {"name": happened.name, "badge": happened.badge, "points": words("amounts.points", count=happened.points)}
    await tools.mailer.send(
        to=happened.email,
        subject=words("certificates.mail_subject", badge=happened.badge),
        text=words("certificates.mail_text", **values),
        key=happened.key,
    )
    return None


@callback("rewards.callbacks.training.send_certificate")
async def send_certificate(happened: Happened, _: Tools) -> Notice | None:
    """Send the certificate in private: a picture that our web pages draw."""
    if happened.award_id is None:
        raise NeedsAward("send_certificate")
    return Notice("certificate")
