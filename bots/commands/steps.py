"""The steps of a form that is filled in by steps: buttons, answers typed into the chat, and people from the picker."""

from collections.abc import Sequence

from bots import recognition
from bots.addresses import place_key, to_address
from bots.chat import Account, Audience, Incoming, Manner, Pressed, Reply, Said, Shared, Target, Typed
from bots.commands.kudos import UnknownPerson
from bots.grammar import Command
from bots.stepping import VIEW, about
from bots.turn import Turn
from bots.turns import Scope, locale_of, make_turn
from cards.forms import PEOPLE
from cards.steps import PICKED_MAX, Step
from core import drafts, outbox, tokens
from core.drafts import Draft
from core.errors import Refusal
from core.outbox import Outgoing
from core.people import queries
from core.text import clean, clean_name

_ASKING = ("people", "text")


class AnswerTooLong(Refusal):
    """More than the input that was asked for has room for."""

    code = "answer_too_long"


def request_of(nonce: str) -> int:
    """The number with which the picker of a form is shown; Telegram's are 32 bits wide."""
    return int(nonce[:8], 16) & 0x7FFFFFFF


async def press(turn: Turn) -> Reply:
    """One of the form's buttons, except the one that sends it."""
    assert turn.press is not None
    assert isinstance(turn.incoming.act, Pressed)
    step = Step.read(turn.press.argument)
    draft = await _hold(turn)
    if draft is None or draft.nonce != step.nonce:
        raise tokens.Closed
    was_picking = draft.awaited == PEOPLE
    draft.message_id = turn.incoming.act.message_id
    draft.awaited = step.name if step.does in _ASKING else ""
    draft.length_max = step.number if step.does == "text" else 0
    draft.filled = {**draft.filled, **_filled(draft, step)}
    if step.does == "cancel":
        await drafts.close(turn.session, workspace_id=turn.workspace.id, conversation=draft.conversation)
    if step.does == "people":
        await _beside(turn, "form_picker", {"request": request_of(draft.nonce)})
    elif was_picking:
        await _beside(turn, "form_chosen", {"conversation": draft.conversation})
    if step.does == "cancel":
        return Reply("form_cancelled", {"reader": turn.member.member_id}, Audience.PRIVATE, Manner.EDIT)
    is_page = step.does in ("list", "toggle")
    return _form(turn, asked=step.name if is_page or step.does in _ASKING else "", page=step.number if is_page else 0)


def _filled(draft: Draft, step: Step) -> dict[str, str]:
    """What a step fills in by itself."""
    if step.does == "toggle":
        return {step.name: _toggled(draft.filled.get(step.name, ""), step.value)}
    return {step.name: step.value} if step.does in ("set", "clear") else {}


def _toggled(chosen: str, value: str) -> str:
    """Values separated by commas, in the order in which they were chosen."""
    values = [each for each in chosen.split(",") if each]
    kept = [each for each in values if each != value]
    return ",".join(kept if value in values else [*kept, value])


async def answered(scope: Scope, incoming: Incoming, draft: Draft) -> tuple[Turn, Reply]:
    """A message in place of an input that was asked for."""
    act = incoming.act
    assert isinstance(act, Said)
    turn = await _turn(scope, incoming, draft)
    if draft.awaited == PEOPLE:
        return turn, await _named(scope, turn, draft, act)
    text = clean("".join(part if isinstance(part, str) else part.name for part in act.parts))
    if len(text) > draft.length_max:
        raise AnswerTooLong(length=len(text), limit=draft.length_max)
    draft.filled = {**draft.filled, draft.awaited: text}
    draft.awaited = ""
    return turn, _form(turn, message_id=draft.message_id)


async def _named(scope: Scope, turn: Turn, draft: Draft, act: Said) -> Reply:
    """People are mentioned; a message that mentions nobody ends the choosing."""
    accounts = [part for part in act.parts if isinstance(part, Account)]
    typed = next((part.name for part in act.parts if isinstance(part, Typed)), "")
    if not accounts and typed:
        raise UnknownPerson(name=typed)
    return await _choose(scope, turn, draft, accounts)


async def shared(scope: Scope, incoming: Incoming) -> tuple[Turn, Reply]:
    """People from the picker. One that belongs to no open question is taken away."""
    act = incoming.act
    assert isinstance(act, Shared)
    draft = await drafts.hold(
        scope.session, workspace_id=scope.home.workspace_id, conversation=place_key(incoming.place)
    )
    if draft is None or draft.awaited != PEOPLE or act.request != request_of(draft.nonce):
        turn = await make_turn(scope, incoming, Command(""))
        return turn, Reply("form_closed", {"reader": turn.member.member_id})
    turn = await _turn(scope, incoming, draft)
    return turn, await _choose(scope, turn, draft, act.people[:PICKED_MAX])


async def _choose(scope: Scope, turn: Turn, draft: Draft, accounts: Sequence[Account]) -> Reply:
    """Those chosen take the place of those who were; nobody leaves it as it was."""
    if accounts:
        names = await _colleagues(scope, turn.incoming, accounts)
        draft.people = [[remote_id, name] for remote_id, name in names.items()]
    draft.awaited = ""
    await _beside(turn, "form_chosen", {"conversation": draft.conversation})
    return _form(turn, message_id=draft.message_id)


async def _colleagues(scope: Scope, incoming: Incoming, accounts: Sequence[Account]) -> dict[str, str]:
    """Names by remote id. Whoever nobody knows yet becomes no member by being chosen. Raises Strangers or a Refusal."""
    place = incoming.place
    known = await queries.known(
        scope.session,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        remote_ids=[account.remote_id for account in accounts],
    )
    strangers = [account for account in accounts if account.remote_id not in known]
    await recognition.vet(scope.session, scope.home, place, strangers, scope.directory.profiles)
    return {
        account.remote_id: known[account.remote_id].name if account.remote_id in known else clean_name(account.name)
        for account in accounts
    }


async def _turn(scope: Scope, incoming: Incoming, draft: Draft) -> Turn:
    turn = await make_turn(scope, incoming, Command(""))
    if turn.member.member_id != draft.member_id:
        raise tokens.Closed
    return turn


async def _hold(turn: Turn) -> Draft | None:
    return await drafts.hold(turn.session, workspace_id=turn.workspace.id, conversation=place_key(turn.incoming.place))


def _form(turn: Turn, *, asked: str = "", page: int = 0, message_id: str = "") -> Reply:
    reference = about(turn, asked=asked, page=page)
    return Reply(VIEW, reference, Audience.PRIVATE, Manner.EDIT, message_id=message_id)


async def _beside(turn: Turn, kind: str, reference: dict[str, object]) -> None:
    """A message besides the form: a picker, or what takes it away."""
    place = turn.incoming.place
    told = {**reference, "reader": turn.member.member_id, "locale": locale_of(turn)}
    key = f"answer:{place.platform}:{place.tenant}:{turn.incoming.delivery_id}:{kind}"
    address = to_address(Target(place, person=turn.incoming.sender.remote_id))
    message = Outgoing(key, place_key(place), kind, address, told, outbox.ANSWER)
    await outbox.enqueue(turn.session, [message], workspace_id=turn.workspace.id)
