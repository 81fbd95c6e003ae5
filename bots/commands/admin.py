"""`/admin connect` joins a chat to the workspace, `/admin disconnect` takes it out, `/admin mode digest` says how much it hears,
`/admin campaign …` is for organisers (see `campaigns`); `/admin` says what there is."""

from bots.chat import Audience, PlaceKind, Reply
from bots.commands import campaigns
from bots.recognition import CodeInvalid
from bots.turn import Turn
from cards.words import words_for
from core.people import modes, queries, service


async def run(turn: Turn) -> Reply:
    if turn.command.subverb.startswith("campaign"):
        return await campaigns.administer(turn)
    if not await _may(turn):
        has_code = turn.command.subverb == "connect" and turn.command.text
        raise CodeInvalid if has_code else service.AdminOnly
    if turn.command.subverb == "connect":
        return await _connect(turn)
    if turn.command.subverb == "disconnect":
        await service.connect(turn.session, turn.conversation, is_connected=False)
        return Reply("disconnected", {"conversation": turn.conversation.id}, Audience.HERE)
    if turn.command.subverb == "mode":
        return await _choose_mode(turn)
    return Reply("help_verb", {"verb": "admin"}, Audience.QUIET)


async def _may(turn: Turn) -> bool:
    """Admins may. In development the first who asks becomes one, so that a newcomer can try everything."""
    if turn.member.is_admin or turn.is_invited:
        return True
    if not turn.is_development or await queries.has_admin(turn.session, workspace_id=turn.workspace.id):
        return False
    await service.make_admin(turn.session, turn.member.member_id, workspace_id=turn.workspace.id)
    return True


async def _connect(turn: Turn) -> Reply:
    if turn.incoming.place.kind is PlaceKind.PERSONAL:
        return Reply("connect_code", {"reader": turn.member.member_id}, Audience.PRIVATE)
    await service.connect(turn.session, turn.conversation, is_connected=True)
    return Reply("connected", {"conversation": turn.conversation.id}, Audience.HERE)


async def _choose_mode(turn: Turn) -> Reply:
    """Any language's word for it. Raises what `modes.choose` does, and NotAChannel."""
    if turn.incoming.place.kind is PlaceKind.PERSONAL:
        raise modes.NotAChannel
    typed = turn.command.text.strip()
    await modes.choose(turn.session, turn.conversation, words_for("en").subverbs().get(typed.casefold(), typed))
    return Reply("mode_chosen", {"conversation": turn.conversation.id}, Audience.HERE)
