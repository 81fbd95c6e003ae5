"""A Teams message's text and mention entities → parts. Pure."""

import html
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bots.chat import Account, Part, Typed

# An @ at the start of a word and letters after it; `ana@example.com` has its @ inside a word.
TYPED = re.compile(r"(?<![\w.@/+-])@([^\W\d_](?:[\w.'’-]*\w)?)")
BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li)>", re.IGNORECASE)
TAGS = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
BOT_PREFIX = "28:"
THREAD_PREFIX = "19:"


@dataclass(frozen=True, slots=True)
class _Mention:
    """One entity. `text` is how it stands in the message, `<at>Ana</at>`; the bot's own has `account` None."""

    text: str
    account: Account | Typed | None


def read_parts(body: Mapping[str, Any]) -> tuple[Part, ...]:
    """The text of a message activity without the bot's own mention, people in their places.

    Only an entity makes a mention: a hand-typed `<at>Ana</at>` stays text, a hand-typed `@ana` becomes `Typed`.
    """
    text = body.get("text")
    if not isinstance(text, str):
        return ()
    is_markup = body.get("textFormat") == "xml"
    pieces: list[Part] = []
    for piece in _split(text, _read_entities(body)):
        if isinstance(piece, str):
            pieces.extend(_find_typed(_plain(piece, is_markup)))
            continue
        if piece.account is not None:
            pieces.append(piece.account)
    return tuple(_trim(_join(pieces)))


def account_of(raw: Mapping[str, Any]) -> Account:
    """A ChannelAccount as it comes in activities; `aadObjectId` is its second name."""
    remote_id = str(raw["id"])
    object_id = raw.get("aadObjectId")
    name = raw.get("name")
    is_bot = remote_id.startswith(BOT_PREFIX) or raw.get("role") == "bot"
    return Account(
        remote_id=remote_id,
        name=name if isinstance(name, str) else "",
        also=(object_id,) if isinstance(object_id, str) and object_id else (),
        foreign="bot" if is_bot else "",
    )


def _read_entities(body: Mapping[str, Any]) -> Iterator[_Mention]:
    entities = body.get("entities")
    bot_id = body["recipient"]["id"]
    for entity in entities if isinstance(entities, list) else ():
        mentioned = entity.get("mentioned") if isinstance(entity, dict) and entity.get("type") == "mention" else None
        if not isinstance(mentioned, dict) or not isinstance(mentioned.get("id"), str):
            continue
        name = mentioned.get("name") if isinstance(mentioned.get("name"), str) else ""
        # Teams leaves `text` out when the name holds an ampersand.
        text = entity.get("text") if isinstance(entity.get("text"), str) else f"<at>{name}</at>"
        if text:
            yield _Mention(text, _whom(mentioned, str(name), bot_id))


def _whom(mentioned: Mapping[str, Any], name: str, bot_id: str) -> Account | Typed | None:
    if mentioned["id"] == bot_id:
        return None
    # A mentioned channel, team or tag is nobody in particular; only the first two have a roster.
    if mentioned["id"].startswith(THREAD_PREFIX):
        return Typed(name, crowd=mentioned["id"])
    if mentioned.get("type") in ("channel", "team", "tag", "everyone"):
        return Typed(name)
    return account_of(mentioned)


def _split(text: str, mentions: Iterable[_Mention]) -> Iterator[str | _Mention]:
    """Walk the text from left to right; each entity takes the first place that is left for its own text.

    A text that occurs more often than it has entities is the same person again, unless two people share it.
    """
    waiting: dict[str, deque[_Mention]] = {}
    for mention in mentions:
        waiting.setdefault(mention.text, deque()).append(mention)
    if not waiting:
        yield text
        return
    is_shared = {key: len({each.account for each in queue}) > 1 for key, queue in waiting.items()}
    position = 0
    for match in re.finditer("|".join(re.escape(key) for key in sorted(waiting, key=len, reverse=True)), text):
        queue = waiting[match[0]]
        if not queue:
            continue
        yield text[position : match.start()]
        yield queue[0]
        position = match.end()
        if len(queue) > 1 or is_shared[match[0]]:
            queue.popleft()
    yield text[position:]


def _plain(text: str, is_markup: bool) -> str:
    """What the member wrote. Teams' `plain` text is not escaped, but for a stray `&nbsp;` behind mentions."""
    text = html.unescape(TAGS.sub("", BREAKS.sub("\n", text))) if is_markup else text.replace("&nbsp;", " ")
    return text.replace("\xa0", " ").replace("\r\n", "\n").replace("\r", "\n")


def _find_typed(text: str) -> Iterator[Part]:
    position = 0
    for match in TYPED.finditer(text):
        yield text[position : match.start()]
        yield Typed(match[1])
        position = match.end()
    yield text[position:]


def _join(pieces: Iterable[Part]) -> list[Part]:
    """Neighbouring texts become one, and so do the words of one name: Teams mentions `Ana` and `García` separately."""
    joined: list[Part] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif isinstance(piece, Account) and (begun := _begun(joined, piece)) is not None:
            name = begun.name if begun.name == piece.name else f"{begun.name} {piece.name}"
            joined[-1] = replace(begun, name=name)
        elif piece != "":
            joined.append(piece)
    return joined


def _begun(joined: list[Part], account: Account) -> Account | None:
    """The same person right before, then the last of `joined`: a blank in between is dropped."""
    is_apart = len(joined) > 1 and isinstance(joined[-1], str) and joined[-1].isspace()
    before = joined[-2:-1] if is_apart else joined[-1:]
    if not before or not isinstance(before[0], Account) or before[0].remote_id != account.remote_id:
        return None
    if is_apart:
        joined.pop()
    return before[0]


def _trim(parts: list[Part]) -> list[Part]:
    """Without the blanks that the bot's mention and the compose box leave at either end."""
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return [part for part in parts if part != ""]
