"""`/results ["Campaign"]`: how a campaign ended; `/results receipt CODE`: whether a ballot is in the count."""

from bots.chat import Audience, Reply
from bots.turn import Turn
from core.errors import Refusal
from core.nominations import choosing, queries, secrecy

TYPED_MAX = 60


class ReceiptUnknown(Refusal):
    """No ballot has this receipt."""

    code = "receipt_unknown"


async def run(turn: Turn) -> Reply:
    if turn.command.subverb == "receipt":
        return await _receipt(turn)
    name = turn.command.quoted or turn.command.text
    campaign = await choosing.ended_one(turn.session, name, workspace_id=turn.workspace.id)
    return Reply("results", {"campaign": campaign.id, "reader": turn.member.member_id}, Audience.QUIET)


async def _receipt(turn: Turn) -> Reply:
    typed = turn.command.text
    code = secrecy.read_receipt(typed)
    known = code and await queries.by_receipt(turn.session, code, workspace_id=turn.workspace.id)
    if not code or not known:
        raise ReceiptUnknown(typed=typed[:TYPED_MAX] or "?")
    return Reply("ballot_found", {"code": typed, "reader": turn.member.member_id}, Audience.PRIVATE)
