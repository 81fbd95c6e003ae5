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
from sqlalchemy.ext.asyncio import AsyncSession

from bots import acts, recognition, refusing, turns
from bots import directory as directories
from bots.answering import broken, messages, outgoing
from bots.chat import Answer, Audience, Incoming, Manner, Place, Platform, PlatformName, Pressed, Reply
from bots.directory import AskLater, Directory, Strangers
from bots.gestures import Reacted, Visited
from bots.metrics import Metrics
from bots.presenter import Presenter, Subject
from bots.recognition import Home, Silence
from bots.views.places import CODE_VERB
from core import inbox, outbox
from core.database import NO_WORKSPACE, Sessions, Transaction, retrying
from core.errors import Refusal
from core.identity import service as identity
from core.inbox import Key, Pending
from core.tokens import AlreadyDone

log = structlog.get_logger()

Claim = Callable[[Transaction], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery came to: the answers to its parts. `is_repeat`: it had been dealt with before."""

    workspace_id: int
    replies: Sequence[tuple[Incoming, Reply]] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """`wake_worker` and `wake_sender` tell this process that there is something to do; other processes look by themselves."""

    sessions: Sessions
    platforms: Mapping[str, Platform]
    presenter: Presenter
    is_development: bool
    metrics: Metrics
    wake_worker: Callable[[], None]
    wake_sender: Callable[[], None]

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        """See `bots.desk.Desk`."""
        async with self.sessions.begin() as (session, _):
            await inbox.store(session, Key(platform, tenant, delivery_id), conversation=conversation, body=body)
        self.metrics.deliveries.labels(platform, "stored").inc()
        self.wake_worker()

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        """See `bots.desk.Desk`. A bug is logged and answered with one generic card."""
        platform = self.platforms[incoming.place.platform]
        key = Key(platform.name, incoming.place.tenant, incoming.delivery_id)
        outcome: Outcome | None = None
        try:
            async with asyncio.timeout(window):
                with self.metrics.answer_seconds.labels(platform.name).time():
                    outcome = await self._perform([incoming], key, self._claim_of(incoming, key))
                    return await self._present(incoming, outcome)
        except TimeoutError:
            await self._answer_later(incoming, key, outcome, body)
            return None
        except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
            reference = self._bug(fault, platform.name)
            if incoming.carries(Manner.TOAST) and outcome is None:
                return broken(platform, incoming, reference)
            await self._answer_later(incoming, key, outcome, body)
            return None

    def _claim_of(self, incoming: Incoming, key: Key) -> Claim:
        # The guard of a press is its token: a repeat that waits for an answer in the body is answered like a second press.
        # Opening a dialog does nothing: whoever asks again gets the same one.
        is_guarded = (isinstance(incoming.act, Pressed) or incoming.in_dialog) and incoming.carries(Manner.TOAST)

        async def claim(transaction: Transaction) -> bool:
            return is_guarded or await inbox.claim(transaction.session, key)

        return claim

    async def _answer_later(
        self, incoming: Incoming, key: Key, outcome: Outcome | None, body: Mapping[str, Any]
    ) -> None:
        """Too late, or failed: do it from the inbox; if it is done already only its answer is still owed."""
        if outcome is None:
            place = incoming.place
            await self.store(place.platform, place.tenant, incoming.delivery_id, place.remote_id, body)
            return
        replies = [(replace(asked, answers_in_body=False), reply) for asked, reply in outcome.replies]
        async with self.sessions.begin(outcome.workspace_id) as (session, _):
            await self._owe(session, key, replace(outcome, replies=replies))
        self.wake_sender()

    async def _present(self, incoming: Incoming, outcome: Outcome) -> Answer | None:
        """What an HTTP body is to carry; None where it carries nothing."""
        replies = [reply for _, reply in outcome.replies]
        if outcome.is_repeat:
            replies = [refusing.refusal(incoming, AlreadyDone())]
        if not replies or not incoming.carries(replies[0].manner):
            return None
        return await self._build(outcome.workspace_id, incoming, replies[0])

    async def _build(self, workspace_id: int, incoming: Incoming, reply: Reply) -> Answer | None:
        platform = self.platforms[incoming.place.platform]
        target = outgoing(platform, incoming, reply)
        subject = Subject(workspace_id, reply.kind, reply.reference, is_posted=reply.manner is Manner.EDIT)
        async with self.sessions.begin(workspace_id) as transaction:
            built = await self.presenter.present(transaction, subject, target, platform)
        if built is None:
            return None
        card, rendered = built
        wrong_input = reply.reference.get("input", "")
        return Answer(rendered, card.summary, reply.audience, reply.manner, wrong_input, reply, workspace_id)

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        """See `bots.desk.Desk`."""
        assert answer.reply is not None
        key = Key(incoming.place.platform, incoming.place.tenant, incoming.delivery_id)
        await self._answer_later(incoming, key, Outcome(answer.workspace_id, [(incoming, answer.reply)]), {})

    async def work(self, pending: Pending) -> None:
        """Work on a stored delivery. One that fails is put off and in the end parked with its reason; nothing is lost."""
        platform = self.platforms.get(pending.key.platform)

        async def claim(transaction: Transaction) -> bool:
            if not await inbox.take(transaction.session, pending.key):
                return False
            await inbox.finish(transaction.session, pending.key)
            return True

        incomings: Sequence[Incoming] = ()
        try:
            if platform is None:
                raise LookupError(f"{pending.key.platform} is not configured")
            incomings = [replace(incoming, answers_in_body=False) for incoming in platform.parse(pending.body)]
            with self.metrics.answer_seconds.labels(pending.key.platform).time():
                await self._perform(incomings, pending.key, claim)
        except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
            await self._put_off(pending, incomings, fault)

    async def _put_off(self, pending: Pending, incomings: Sequence[Incoming], fault: Exception) -> None:
        reference = self._bug(fault, pending.key.platform)
        async with self.sessions.begin(role="ops") as (session, _):
            if not await inbox.fail(session, pending.key, error=f"{type(fault).__name__} ({reference})"):
                return
            spoken = [incoming for incoming in incomings[:1] if not isinstance(incoming.act, Reacted | Visited)]
            apologies = [(incoming, _apology(incoming, fault, reference)) for incoming in spoken]
            await self._owe(session, pending.key, Outcome(NO_WORKSPACE, apologies))

    async def _perform(self, incomings: Sequence[Incoming], key: Key, claim: Claim) -> Outcome:
        """Do what the parts of a delivery ask, whole or not at all; a Refusal undoes everything but the claim."""
        if not incomings:
            return await self._settle(Outcome(NO_WORKSPACE), key, claim)
        home: Home | None = None
        try:
            home = await self._home(incomings[0])
            if home is None:
                return await self._settle(Outcome(NO_WORKSPACE, refusing.outside(incomings)), key, claim)
            return await self._in_workspace(home, incomings, key, claim)
        except Silence:
            return await self._settle(Outcome(NO_WORKSPACE), key, claim)
        except AskLater:
            if not incomings[0].carries(Manner.TOAST):
                raise
            return Outcome(NO_WORKSPACE, [(incomings[0], refusing.refusal(incomings[0], AskLater()))])
        except (Refusal, refusing.Refused) as refused:
            outcome = await self._refused(home, incomings[0], refused)
            return await self._settle(outcome, key, claim)

    async def _refused(self, home: Home | None, incoming: Incoming, refused: Refusal | refusing.Refused) -> Outcome:
        if home is None:
            return Outcome(NO_WORKSPACE, [(incoming, refusing.refusal(incoming, refused))])
        if isinstance(refused, Refusal):
            async with self.sessions.begin(home.workspace_id) as (session, _):
                locale = await recognition.locale_of_sender(session, home, incoming)
            refused = refusing.Refused(refused, locale or turns.asked_locale(incoming))
        return Outcome(home.workspace_id, [(incoming, refusing.refusal(incoming, refused))])

    async def _home(self, incoming: Incoming) -> Home | None:
        place, sender, code = incoming.place, incoming.sender, turns.invitation(incoming)
        async with self.sessions.begin(role="ops") as (session, _):
            home = await recognition.find_home(session, place, sender)
            invited = await recognition.home_by_code(session, code, CODE_VERB) if code else None
            if invited is not None:
                return recognition.joined(invited, home)
            link_code = turns.link_code(incoming) if turns.may_be_strangers(place) else ""
            if home is None and link_code:
                return Home((await identity.find_code(session, link_code)).workspace_id)
            if home is not None or not turns.asks_to_connect(incoming):
                return home
            found = await recognition.home_of_admin(session, place, sender, is_development=self.is_development)
            if found is None and code:
                raise recognition.CodeInvalid
            return found

    async def _in_workspace(self, home: Home, incomings: Sequence[Incoming], key: Key, claim: Claim) -> Outcome:
        """Run the commands; if they name people whom nobody knows, ask the directory between two tries."""
        directory = Directory()
        while True:
            tried = directory

            async def attempt(known: Directory = tried) -> Outcome:
                return await self._transact(home, incomings, known, key, claim)

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
        self, home: Home, incomings: Sequence[Incoming], directory: Directory, key: Key, claim: Claim
    ) -> Outcome:
        async with self.sessions.begin(home.workspace_id) as transaction:
            if not await claim(transaction):
                return Outcome(home.workspace_id, is_repeat=True)
            scope = turns.Scope(transaction.session, transaction.now, home, directory, self.is_development)
            answered = [(incoming, await acts.perform(scope, incoming)) for incoming in incomings]
            replies = [(incoming, reply) for incoming, reply in answered if reply is not None]
            outcome = Outcome(home.workspace_id, replies)
            await self._owe(transaction.session, key, outcome)
        return outcome

    async def _settle(self, outcome: Outcome, key: Key, claim: Claim) -> Outcome:
        """Claim a delivery that changed nothing, and owe the answer to it."""
        async with self.sessions.begin(outcome.workspace_id) as transaction:
            if not await claim(transaction):
                return Outcome(outcome.workspace_id, is_repeat=True)
            await self._owe(transaction.session, key, outcome)
        self.wake_sender()
        return outcome

    async def _owe(self, session: AsyncSession, key: Key, outcome: Outcome) -> None:
        """Answers that do not travel in an HTTP body are owed through the outbox. One delivery may come to two: an apology and
        after a replay the answer, or a receipt and the word that a form sent once more was sent already."""
        name = f"answer:{':'.join(key)}"
        owed = [
            message
            for index, (incoming, reply) in enumerate(outcome.replies)
            if not incoming.carries(reply.manner)
            for message in messages(
                self.platforms[incoming.place.platform], incoming, reply, f"{name}:{index}:{reply.kind}"
            )
        ]
        await outbox.enqueue(session, owed, workspace_id=outcome.workspace_id)

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
