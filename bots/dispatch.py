"""One delivery = one claim = one transaction = one answer.

`Dispatcher` is the desk that adapters hand deliveries to. Either the claim, the effect and what is owed to people commit
together, or none of them does. A refusal is an answer like any other, given in a transaction of its own.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bots import acts, recognition, refusing, turns
from bots import directory as directories
from bots.answering import broken
from bots.chat import Answer, Audience, Incoming, Manner, Place, Platform, PlatformName, Pressed, Reply
from bots.directory import AskLater, Directory, Strangers
from bots.gestures import Reacted, Visited
from bots.homes import Homes
from bots.intake import Intake
from bots.metrics import Metrics
from bots.recognition import Home, Rebound, Silence
from bots.replies import Replies, Told
from core import inbox
from core.database import NO_WORKSPACE, Sessions, Transaction, retrying
from core.errors import Refusal
from core.inbox import Arrival, Key, Pending
from core.tokens import AlreadyDone

log = structlog.get_logger()

Claim = Callable[[Transaction], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Errand:
    """A delivery on its way: how it is claimed, and until when its answer is waited for."""

    key: Key
    claim: Claim
    deadline: asyncio.Timeout | None = None

    def is_as_good_as_done(self) -> None:
        """Nothing but the commit is left. To give up in the middle of it would be not to know what became of it."""
        if self.deadline is not None:
            self.deadline.reschedule(None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery came to: the answers to its parts, and of these the one that travels in the HTTP body as it is shown."""

    workspace_id: int
    replies: Told = ()
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """`wake_worker` and `wake_sender` tell this process that there is something to do; other processes look by themselves."""

    sessions: Sessions
    intake: Intake
    platforms: Mapping[str, Platform]
    replies: Replies
    homes: Homes
    is_development: bool
    metrics: Metrics
    wake_worker: Callable[[], None]
    wake_sender: Callable[[], None]

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        """See `bots.desk.Desk`."""
        await self.intake.store(Arrival(Key(platform, tenant, delivery_id), conversation, body))
        self.metrics.deliveries.labels(platform, "stored").inc()
        self.wake_worker()

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        """See `bots.desk.Desk`. A bug is logged and answered with one generic card."""
        platform = self.platforms[incoming.place.platform]
        key = Key(platform.name, incoming.place.tenant, incoming.delivery_id)
        try:
            async with asyncio.timeout(window) as deadline:
                with self.metrics.answer_seconds.labels(platform.name).time():
                    errand = Errand(key, self._claim_of(incoming, key), deadline)
                    return (await self._perform([incoming], errand)).answer
        except TimeoutError:
            await self._store_anew(incoming, body)
        except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
            reference = self._bug(fault, platform.name)
            if incoming.carries(Manner.TOAST):
                return broken(platform, incoming, reference)
            await self._store_anew(incoming, body)
        return None

    def _claim_of(self, incoming: Incoming, key: Key) -> Claim:
        # The guard of a press is its token: a repeat that waits for an answer in the body is answered like a second press.
        # Opening a dialog does nothing: whoever asks again gets the same one.
        is_guarded = (isinstance(incoming.act, Pressed) or incoming.in_dialog) and incoming.carries(Manner.TOAST)

        async def claim(transaction: Transaction) -> bool:
            return is_guarded or await inbox.claim(transaction.session, key)

        return claim

    async def _store_anew(self, incoming: Incoming, body: Mapping[str, Any]) -> None:
        """Too late, or failed, and nothing of it was kept: do it from the inbox."""
        place = incoming.place
        await self.store(place.platform, place.tenant, incoming.delivery_id, place.remote_id, body)

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        """See `bots.desk.Desk`."""
        assert answer.reply is not None
        key = Key(incoming.place.platform, incoming.place.tenant, incoming.delivery_id)
        async with self.sessions.begin(answer.workspace_id) as (session, _):
            await self.replies.owe(
                session, key, answer.workspace_id, [(replace(incoming, answers_in_body=False), answer.reply)]
            )
        self.wake_sender()

    async def work(self, pending: Pending) -> None:
        """Work on a stored delivery. One that fails is put off and in the end parked with its reason; nothing is lost."""
        platform = self.platforms.get(pending.key.platform)

        async def claim(transaction: Transaction) -> bool:
            return await inbox.take(transaction.session, pending.key)

        incomings: Sequence[Incoming] = ()
        try:
            if platform is None:
                raise LookupError(f"{pending.key.platform} is not configured")
            incomings = [replace(incoming, answers_in_body=False) for incoming in platform.parse(pending.body)]
            with self.metrics.answer_seconds.labels(pending.key.platform).time():
                await self._perform(incomings, Errand(pending.key, claim))
        except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
            await self._put_off(pending, incomings, fault)

    async def _put_off(self, pending: Pending, incomings: Sequence[Incoming], fault: Exception) -> None:
        reference = self._bug(fault, pending.key.platform)
        async with self.sessions.begin(role="ops") as (session, _):
            if not await inbox.fail(session, pending.key, error=f"{type(fault).__name__} ({reference})"):
                return
            spoken = [incoming for incoming in incomings[:1] if not isinstance(incoming.act, Reacted | Visited)]
            apologies = [(incoming, _apology(incoming, fault, reference)) for incoming in spoken]
            await self.replies.owe(session, pending.key, NO_WORKSPACE, apologies)

    async def _perform(self, incomings: Sequence[Incoming], errand: Errand) -> Outcome:
        """Do what the parts of a delivery ask, whole or not at all; a Refusal undoes everything but the claim."""
        if not incomings:
            return await self._settle(None, (), errand)
        home: Home | None = None
        try:
            home = await self.homes.of(incomings[0])
            if home is None:
                return await self._settle(None, refusing.outside(incomings), errand)
            return await self._in_workspace(home, incomings, errand)
        except Rebound:
            self.homes.forget(incomings[0].place)
            return await self._perform(incomings, errand)
        except Silence:
            return await self._settle(None, (), errand)
        except AskLater:
            if not incomings[0].carries(Manner.TOAST):
                raise
            refused = [(incomings[0], refusing.refusal(incomings[0], AskLater()))]
            return await self._settle(None, refused, replace(errand, claim=_unclaimed))
        except (Refusal, refusing.Refused) as refused:
            return await self._settle(home, [(incomings[0], refused)], errand)

    async def _in_workspace(self, home: Home, incomings: Sequence[Incoming], errand: Errand) -> Outcome:
        """Run the commands; if they name people whom nobody knows, ask the directory between two tries."""
        directory = Directory()
        while True:
            tried = directory

            async def attempt(known: Directory = tried) -> Outcome:
                return await self._transact(home, incomings, known, errand)

            try:
                outcome = await retrying(attempt)
            except Strangers as strangers:
                directory = directory.joined(await self._asked(home, incomings[0], strangers))
                continue
            self.wake_sender()
            return outcome

    async def _asked(self, home: Home, incoming: Incoming, strangers: Strangers) -> Directory:
        """A dialog is not lost because the directory is away: its form comes back with the reason."""
        try:
            return await self._ask(home, incoming.place, strangers)
        except AskLater:
            if not incoming.in_dialog:
                raise
            return Directory.unasked(strangers)

    async def _ask(self, home: Home, place: Place, strangers: Strangers) -> Directory:
        """What the directory says of people whom nobody knows; where it is asked by places, of those missing in the next."""
        platform = self.platforms[place.platform]
        told = await directories.ask(platform, strangers, place)
        if not platform.asks_by_place or all(told.profiles.values()):
            return told
        async with self.sessions.begin(home.workspace_id) as (session, _):
            others = await directories.rosters(session, workspace_id=home.workspace_id, place=place)
        for other in others:
            missing = [account for account in strangers.accounts if told.profiles[account.remote_id] is None]
            told = told.joined(await directories.ask(platform, Strangers(missing), other))
        return told

    async def _transact(
        self, home: Home, incomings: Sequence[Incoming], directory: Directory, errand: Errand
    ) -> Outcome:
        async with self.sessions.begin(home.workspace_id) as transaction:
            if not await errand.claim(transaction):
                return await self._repeated(transaction, home.workspace_id, incomings)
            scope = turns.Scope(transaction.session, transaction.now, home, directory, self.is_development)
            answered = [(incoming, await acts.perform(scope, incoming)) for incoming in incomings]
            replies = [(incoming, reply) for incoming, reply in answered if reply is not None]
            return await self._answered(transaction, home.workspace_id, replies, errand)

    async def _settle(
        self, home: Home | None, answers: Sequence[tuple[Incoming, Reply | Refusal | refusing.Refused]], errand: Errand
    ) -> Outcome:
        """Claim a delivery that changed nothing, and answer it."""
        workspace_id = home.workspace_id if home is not None else NO_WORKSPACE
        async with self.sessions.begin(workspace_id) as transaction:
            if not await errand.claim(transaction):
                return await self._repeated(transaction, workspace_id, [incoming for incoming, _ in answers])
            replies = [(incoming, await _said(transaction.session, home, incoming, told)) for incoming, told in answers]
            outcome = await self._answered(transaction, workspace_id, replies, errand)
        self.wake_sender()
        return outcome

    async def _repeated(self, transaction: Transaction, workspace_id: int, incomings: Sequence[Incoming]) -> Outcome:
        """It was dealt with before: only who waits for an answer gets one."""
        replies = [(incoming, refusing.refusal(incoming, AlreadyDone())) for incoming in incomings[:1]]
        carried = [(incoming, reply) for incoming, reply in replies if incoming.carries(reply.manner)]
        answers = [await self.replies.build(transaction, workspace_id, *each) for each in carried]
        return Outcome(workspace_id, answer=answers[0] if answers else None)

    async def _answered(self, transaction: Transaction, workspace_id: int, replies: Told, errand: Errand) -> Outcome:
        """The end of a transaction: what travels in the HTTP body is built, the rest is owed. An answer that a bug keeps from
        being built is owed too: what it is about has been done."""
        answer: Answer | None = None
        for incoming, reply in replies[:1]:
            if incoming.carries(reply.manner):
                try:
                    answer = await self.replies.build(transaction, workspace_id, incoming, reply)
                except DBAPIError:
                    raise
                except Exception as fault:  # noqa: BLE001 - the edge
                    self._bug(fault, incoming.place.platform)
                    replies = [(replace(asked, answers_in_body=False), told) for asked, told in replies]
        await self.replies.owe(transaction.session, errand.key, workspace_id, replies)
        errand.is_as_good_as_done()
        return Outcome(workspace_id, replies, answer)

    def _bug(self, fault: Exception, platform: str) -> str:
        """Log a fault with its traceback and return the reference under which the log has it."""
        reference = secrets.token_hex(4)
        self.metrics.deliveries.labels(platform, "failed").inc()
        log.error("delivery_failed", platform=platform, reference=reference, exc_info=fault)
        return reference


def _apology(incoming: Incoming, fault: Exception, reference: str) -> Reply:
    """What is said of a delivery that is given up: whose directory did not answer is told so, the rest is a bug of ours."""
    if isinstance(fault, AskLater):
        return refusing.refusal(incoming, fault)
    return Reply("broken", {"reference": reference}, Audience.QUIET)


async def _unclaimed(_: Transaction) -> bool:
    """What was not done may be asked again."""
    return True


async def _said(
    session: AsyncSession, home: Home | None, incoming: Incoming, told: Reply | Refusal | refusing.Refused
) -> Reply:
    if isinstance(told, Reply):
        return told
    if isinstance(told, Refusal) and home is not None:
        locale = await recognition.locale_of_sender(session, home, incoming)
        told = refusing.Refused(told, locale or turns.asked_locale(incoming))
    return refusing.refusal(incoming, told)
