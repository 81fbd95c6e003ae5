"""Text and entities → parts: only an entity makes a mention."""

from typing import Any

import pytest

from bots.chat import Account, Part, Typed
from bots.teams.mentions import read_parts

BOT = "28:bot"
ANA, BEA = Account("29:ana", "Ana"), Account("29:bea", "Ana")


def entity(remote_id: str, name: str = "Ana", **more: Any) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": remote_id, "name": name}, "text": f"<at>{name}</at>", **more}


CASES: dict[str, tuple[str, list[Any], tuple[Part, ...]]] = {
    "nothing": ("", [], ()),
    "only the bot": ("<at>Plaudit</at> ", [entity(BOT, "Plaudit")], ()),
    "the bot in the middle": ("hi <at>Plaudit</at> there", [entity(BOT, "Plaudit")], ("hi  there",)),
    "somebody with the bot's name": (
        "<at>Plaudit</at> <at>Plaudit</at> x",
        [entity(BOT, "Plaudit"), entity("29:namesake", "Plaudit")],
        (Account("29:namesake", "Plaudit"), " x"),
    ),
    "the bot's name typed": ("Plaudit @Plaudit rocks", [], ("Plaudit ", Typed("Plaudit"), " rocks")),
    "no entity": ("/kudos <at>Ana</at> x", [], ("/kudos <at>Ana</at> x",)),
    "an entity for another text": ("/kudos <at>Bea</at>", [entity("29:ana")], ("/kudos <at>Bea</at>",)),
    "twice the same person": ("<at>Ana</at>, <at>Ana</at>", [entity("29:ana")], (ANA, ", ", ANA)),
    "two of one name": ("<at>Ana</at>, <at>Ana</at>", [entity("29:ana"), entity("29:bea")], (ANA, ", ", BEA)),
    "two of one name and a forged third": (
        "<at>Ana</at>, <at>Ana</at>, <at>Ana</at>",
        [entity("29:ana"), entity("29:bea")],
        (ANA, ", ", BEA, ", <at>Ana</at>"),
    ),
    "a name in words": (
        "<at>Ana</at>&nbsp;<at>de</at> <at>Soto</at>!",
        [entity("29:ana"), entity("29:ana", "de"), entity("29:ana", "Soto")],
        (Account("29:ana", "Ana de Soto"), "!"),
    ),
    "an ampersand in the name": (
        "<at>R&D</at> x",
        [{"type": "mention", "mentioned": {"id": "29:r", "name": "R&D"}}],
        (Account("29:r", "R&D"), " x"),
    ),
    "another bot": ("<at>Ana</at>", [entity("28:other")], (Account("28:other", "Ana", foreign="bot"),)),
    "a channel": ("<at>General</at>", [entity("19:x@thread.tacv2", "General")], (Typed("General", "19:x@thread.tacv2"),)),
    "a tag": ("<at>Team</at>", [entity("t", "Team") | {"mentioned": {"id": "t", "name": "Team", "type": "tag"}}],
              (Typed("Team"),)),
    "typed": ("@ana and (@Luis.Ortega), @Zoë.", [], (Typed("ana"), " and (", Typed("Luis.Ortega"), "), ", Typed("Zoë"), ".")),
    "everybody": ("@channel @here @everyone", [], (Typed("channel"), " ", Typed("here"), " ", Typed("everyone"))),
    "not typed": ("ana@example.com a/@b x.@y @1 @ @@", [], ("ana@example.com a/@b x.@y @1 @ @@",)),
    "typed in another script": ("@Мария спасибо", [], (Typed("Мария"), " спасибо")),
    "literal markup": ("<b>x</b> &lt;i&gt; & {{y}}", [], ("<b>x</b> &lt;i&gt; & {{y}}",)),
    "lines": ("a\r\nb\n\nc\n", [], ("a\nb\n\nc",)),
    "odd entities": ("x", [None, 5, {"type": "mention"}, {"type": "mention", "mentioned": {"id": 5}}], ("x",)),
    "an empty entity text": ("x", [entity("29:ana", text="")], ("x",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_parts(case: str) -> None:
    text, entities, parts = CASES[case]
    body = {"text": text, "textFormat": "plain", "entities": entities, "recipient": {"id": BOT}}
    assert read_parts(body) == parts


def test_markup_is_read_as_text_when_teams_says_that_it_is_markup() -> None:
    text = "<at>Ana</at><p>1 &lt; 2 &amp;amp;</p><b>x</b><br/>&lt;at&gt;Ana&lt;/at&gt;"
    body = {"text": text, "textFormat": "xml", "entities": [entity("29:ana")], "recipient": {"id": BOT}}
    assert read_parts(body) == (ANA, "1 < 2 &amp;\nx\n<at>Ana</at>")


@pytest.mark.parametrize("text", [None, 5, [], {}])
def test_no_text_is_no_parts(text: Any) -> None:
    assert read_parts({"text": text, "entities": {}, "recipient": {"id": BOT}}) == ()


def test_thousands_of_entities_take_no_time() -> None:
    entities = [entity(f"29:{number}", f"N{number}") for number in range(3000)]
    text = " ".join(f"<at>N{number}</at>" for number in reversed(range(3000)))
    parts = read_parts({"text": text, "entities": entities, "recipient": {"id": BOT}})
    assert parts[0] == Account("29:2999", "N2999")
    assert len(parts) == 5999
