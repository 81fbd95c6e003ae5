"""Drains the outbox: lease, build, send, and note what became of it.

One message of a conversation is on its way at a time; conversations go side by side, answers before broadcasts. Nothing is sent
inside a transaction, and what is said is read when it is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, datetime, timedelta
from typing import Any

import structlog
from aiolimiter import AsyncLimiter
from sqlalchemy.ext.asyncio import AsyncSession

from bots.addresses import place_key, to_address, to_target
from bots.answering import UNPACED
from bots.chat import Manner, Place, PlaceKind, Platform, Sent, Target
from bots.deliver_callbacks import Caller
from bots.deliver_quiet import held, is_new_notice
from bots.deliver_threads import WAIT, threaded
from bots.metrics import Metrics
from bots.presenter import Presenter, Subject
from bots.sending import Ambiguous, ChatClosed, Pacing, Permanent, RetryAfter, SendError
from bots.signals import Bell
from cards.model import Action, Card
from cards.render import Rendered
from core import outbox
from core.badges import announce as badges
from core.callbacks.service import CALLBACK
from core.database import Sessions, Transaction
from core.kudos import announce as kudos
from core.outbox import AMBIGUOUS_MAX, ATTEMPTS_MAX, Leased, Outgoing
from core.people import service as people

log = structlog.get_logger()

AT_ONCE = 16
LOOK_SECONDS = 0.25
"""How long a message waits at most for its turn to be noticed when nobody rang: its pause or its pace is over."""
SEND_SECONDS = 20
FIRST_BACK_OFF = timedelta(seconds=1)
BACK_OFF_MAX = timedelta(minutes=5)

GIVEN_UP: Mapping[str, tuple[str, Callable[..., Awaitable[None]]]] = {
    kudos.CARD: ("kudos", kudos.refused),
    badges.CARD: ("act", badges.refused),
}
"""Who is told otherwise when a public card can never arrive: by its kind, what its reference names it by, and who tells them."""


class NotConfigured(Permanent):
    """The message is for a platform that this process does not speak."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    sessions: Sessions
    platforms: Mapping[str, Platform]
    presenter: Presenter
    bell: Bell
    metrics: Metrics
    caller: Caller
    sends_notices: bool = True
    _limits: dict[str, AsyncLimiter] = field(default_factory=dict)

    async def run(self) -> None:
        """Send until cancelled. What is under way when we are stopped is found by the next process."""
        under_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                leased = await self._lease(AT_ONCE - len(under_way))
                for message in leased:
                    task = group.create_task(self._turn(message))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                if not leased:
                    await self.bell.wait(LOOK_SECONDS)

    async def drain(self) -> int:
        """Send what may be sent now and return how many that was; for tools and tests."""
        count = 0
        while leased := await self._lease(AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for message in leased:
                    group.create_task(self.deliver(message))
            count += len(leased)
        return count

    async def _lease(self, limit: int) -> list[Leased]:
        if limit < 1:
            return []
        try:
            async with self.sessions.begin(role="ops") as (session, _):
                return list(await outbox.lease(session, limit=limit))
        except Exception:
            log.exception("outbox_lease_failed")
            await asyncio.sleep(1)
            return []

    async def _turn(self, message: Leased) -> None:
        try:
            await self.deliver(message)
        except Exception:
            # The outcome could not be noted: the lease runs out and the message is found again.
            log.exception("outcome_lost", outbox=message.id)
        self.bell.ring()

    async def deliver(self, message: Leased) -> None:
        """Send one leased message and note the outcome. A bug of ours counts as a failed attempt."""
        target = self._target(message)
        pacing = Pacing(0, 1, 1000)
        card: Card | None = None
        try:
            if message.kind == CALLBACK:
                await self._close(message, pacing, state=await self.caller.call(message))
                return
            platform = self._platform(target.place)
            pacing = platform.pacing(target.place) if target.manner not in UNPACED else pacing
            built = await self._build(message, target, platform)
            if isinstance(built, datetime):
                await self._hold(message, pacing, built)
                return
            if built is None:
                await self._close(message, pacing, state="dropped", error="no longer true")
                return
            card, rendered, target = built
            sent = await self._send(platform, target, card, rendered)
        except SendError as error:
            await self._failed(message, target, pacing, error, card)
        except Exception as fault:
            log.exception("delivery_failed", kind=message.kind, outbox=message.id)
            await self._failed(message, target, pacing, SendError(type(fault).__name__))
        else:
            await self._arrived(message, target, sent, pacing)

    async def _hold(self, message: Leased, pacing: Pacing, until: datetime) -> None:
        if until.year == MAXYEAR:
            await self._close(message, pacing, state="dropped", error="its reader wants no notices")
            return
        self._count(message, "held")
        reason = "quiet hours" if is_new_notice(message) else "its thread is about to begin"
        async with self.sessions.begin(role="ops") as (session, now):
            await outbox.postpone(session, message, delay=until - now, error=reason, counted=False)
            await _release(session, message, pacing)

    def _target(self, message: Leased) -> Target:
        """Where it stands already it is edited."""
        if message.post_id is None or message.post_address is None:
            return to_target(message.address)
        return replace(to_target(message.post_address), message_id=message.post_id, manner=Manner.EDIT)

    def _platform(self, place: Place) -> Platform:
        if place.platform not in self.platforms:
            raise NotConfigured(f"{place.platform} is not configured")
        return self.platforms[place.platform]

    async def _build(
        self, message: Leased, target: Target, platform: Platform
    ) -> tuple[Card, Rendered, Target] | datetime | None:
        """The message and where it goes; or until when it waits; None: it is no longer true."""
        subject = Subject(message.workspace_id, message.kind, message.reference, is_posted=message.post_id is not None)
        if not self.sends_notices and is_new_notice(message):
            return datetime.max  # noqa: DTZ901 - stands for never
        async with self.sessions.begin(message.workspace_id) as transaction:
            if (until := await held(transaction.session, message)) is not None:
                return until
            found = await threaded(transaction.session, message, target)
            if found is None:
                return transaction.now + WAIT
            built = await self.presenter.present(transaction, subject, found, platform)
        return (*built, found) if built else None

    async def _send(self, platform: Platform, target: Target, card: Card, rendered: Rendered) -> Sent:
        whose = f"{platform.name}:{target.place.tenant}"
        limit = self._limits.setdefault(whose, AsyncLimiter(platform.pacing(target.place).per_second, 1))
        async with limit:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    return await platform.send(target, rendered, card.summary)
            except TimeoutError:
                raise Ambiguous("no answer in time") from None

    async def _arrived(self, message: Leased, target: Target, sent: Sent, pacing: Pacing) -> None:
        place = sent.place or target.place
        async with self.sessions.begin(role="ops") as transaction:
            if message.priority > outbox.ANSWER and sent.message_id and target.manner is Manner.POST:
                address = to_address(Target(place, person=target.person))
                await outbox.record_post(transaction.session, message, message_id=sent.message_id, address=address)
            if sent.place is not None and sent.place.remote_id != target.place.remote_id:
                await self._keep_place(transaction, message, target, sent.place)
            await outbox.settle(transaction.session, message, state="sent")
            await _release(transaction.session, message, pacing)
        self._count(message, "sent")

    async def _keep_place(self, transaction: Transaction, message: Leased, target: Target, place: Place) -> None:
        """The adapter opened a private chat, or learnt that a group has a new id."""
        if target.place.remote_id and place.kind is not PlaceKind.PERSONAL:
            await people.move_place(
                transaction.session,
                workspace_id=message.workspace_id,
                platform=place.platform,
                tenant=place.tenant,
                old=target.place.remote_id,
                new=place.remote_id,
            )
        elif reader := message.reference.get("reader"):
            await people.keep_place(
                transaction.session,
                workspace_id=message.workspace_id,
                platform=place.platform,
                tenant=place.tenant,
                remote_id=place.remote_id,
                kind=place.kind.value,
                name="",
                reference=place.reference,
                member_id=reader,
            )

    async def _failed(
        self, message: Leased, target: Target, pacing: Pacing, error: SendError, card: Card | None = None
    ) -> None:
        is_ambiguous = isinstance(error, Ambiguous)
        if isinstance(error, RetryAfter):
            await self._wait(message, error)
        elif isinstance(error, Permanent):
            await self._give_up(message, target, pacing, error, card)
        elif message.attempts >= ATTEMPTS_MAX or (is_ambiguous and message.ambiguous + 1 >= AMBIGUOUS_MAX):
            await self._close(message, pacing, state="parked", error=error.reason)
        else:
            delay = min(FIRST_BACK_OFF * 2 ** (message.attempts - 1), BACK_OFF_MAX)
            async with self.sessions.begin(role="ops") as (session, _):
                await outbox.postpone(session, message, delay=delay, error=error.reason, ambiguous=is_ambiguous)
                await _release(session, message, pacing)

    def _count(self, message: Leased, outcome: str) -> None:
        self.metrics.messages.labels(str(message.address.get("platform", "")), outcome).inc()

    async def _wait(self, message: Leased, error: RetryAfter) -> None:
        """The platform said when to come back: nothing goes to that conversation until then."""
        self._count(message, "paused")
        pause = timedelta(seconds=error.seconds)
        async with self.sessions.begin(role="ops") as (session, _):
            await outbox.postpone(session, message, delay=pause, error=error.reason, counted=False)
            await outbox.release(session, message.scope, pause=pause)

    async def _give_up(
        self, message: Leased, target: Target, pacing: Pacing, error: Permanent, card: Card | None
    ) -> None:
        """It never can arrive. Who does not want our notices, and a card that somebody deleted, need no operator."""
        if error.gone and target.place.remote_id:
            async with self.sessions.begin(role="ops") as (session, _):
                await people.leave_place(
                    session,
                    workspace_id=message.workspace_id,
                    platform=target.place.platform,
                    tenant=target.place.tenant,
                    remote_id=target.place.remote_id,
                )
        is_closed = isinstance(error, ChatClosed)
        if is_closed and target.manner is Manner.POST and not target.optional:
            await self._say_that_it_is_private(message, target, card)
        is_expected = is_closed or message.priority == outbox.NOTICE or target.manner is not Manner.POST
        await self._close(message, pacing, state="dropped" if is_expected else "parked", error=error.reason)

    async def _say_that_it_is_private(self, message: Leased, target: Target, card: Card | None) -> None:
        """Whoever asked in a group has no private chat with us: a form opens where it was asked for, for anything else they learn
        how to open the chat."""
        reference: dict[str, Any] = {"locale": message.reference.get("locale")}
        kind = "refusal"
        opener = card.opener.action if card is not None and card.opener is not None else None
        if isinstance(opener, Action):
            kind = "form_opener"
            reference |= {"reader": opener.member_id, "place": opener.object_id, "form": opener.argument}
        else:
            reference |= {"code": "private_chat_closed", "details": {}}
        key, address = f"{message.dedup_key}:aside", to_address(replace(target, private=False))
        answer = Outgoing(key, place_key(target.place), kind, address, reference, outbox.ANSWER)
        async with self.sessions.begin(role="ops") as (session, _):
            await outbox.enqueue(session, [answer], workspace_id=message.workspace_id)

    async def _close(self, message: Leased, pacing: Pacing, *, state: str, error: str = "") -> None:
        self._count(message, state)
        if state == "parked":
            log.warning("message_parked", kind=message.kind, outbox=message.id, reason=error)
        async with self.sessions.begin(role="ops") as (session, _):
            await outbox.settle(session, message, state=state, error=error)
            if state == "parked" and message.kind in GIVEN_UP:
                about, refused = GIVEN_UP[message.kind]
                await refused(session, message.reference[about], workspace_id=message.workspace_id)
            await _release(session, message, pacing)


async def _release(session: AsyncSession, message: Leased, pacing: Pacing) -> None:
    ahead = pacing.gap * (pacing.burst - 1)
    await outbox.release(session, message.scope, gap=timedelta(seconds=pacing.gap), burst=timedelta(seconds=ahead))
