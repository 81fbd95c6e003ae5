"""How a secret ballot is kept apart from its voter: a tag that only the campaign's key makes of a member, and a receipt of it.

The key lives in the campaign while votes are cast, for a member may vote once on whatever platform, and is destroyed at the close.
From then on a tag is chance, and nothing else of a vote names anybody. Whoever reads the database while votes are cast, key
included, can tell who voted for whom: against that nothing here helps.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.badges.definition.model import NominationConfig

KEY_BYTES: Final = 32
RECEIPT_BYTES: Final = 10
_BLOCK_BYTES: Final = 64
_GROUP: Final = 4

# The tag of a row of `member`, as `tag` makes it: HMAC-SHA256 of the id, or the id itself where there is no key.
TAG = "coalesce(sha256(CAST(:outer AS bytea) || sha256(CAST(:inner AS bytea) || int8send(member.id))), int8send(member.id))"


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def ballot(config: NominationConfig, now: datetime, voting_end_at: datetime) -> Mapping[str, Any]:
    """What a campaign has while votes are cast. Who has not voted is reminded when half of the time is over, at the earliest."""
    ahead = min(timedelta(hours=config.reminder_hours), (voting_end_at - now) / 2)
    return {
        "voting_end_at": voting_end_at,
        "remind_at": voting_end_at - ahead if config.reminder_hours else None,
        "ballot_key": new_key() if config.ballot == "secret" else None,
    }


def tag(key: bytes | None, member_id: int) -> bytes:
    """What stands for a voter in the votes of a campaign; without a key (an open ballot) the member's id."""
    told = member_id.to_bytes(8, "big", signed=True)
    return told if key is None else hmac.digest(key, told, "sha256")


def blocks(key: bytes | None) -> Mapping[str, bytes | None]:
    """The parameters of `TAG`: the two blocks that an HMAC begins with."""
    if key is None:
        return {"inner": None, "outer": None}
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}


def receipt(voter_tag: bytes) -> str:
    """The code by which a voter finds their ballot in the public record: `ABCD-EFGH-IJKL-MNOP`."""
    code = base64.b32encode(hashlib.sha256(voter_tag).digest()[:RECEIPT_BYTES]).decode()
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_receipt(typed: str) -> bytes | None:
    """What a code stands for, whatever its case and blanks; None if it is none. 0, 1 and 8 are read as the letters they look like."""
    kept = "".join(typed.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    try:
        told = base64.b32decode(kept, casefold=False)
    except ValueError:
        return None
    return told if len(told) == RECEIPT_BYTES else None
