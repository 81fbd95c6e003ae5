"""Slack's text → parts, and that nothing typed by hand becomes a person."""

import pytest

from bots.chat import Account, Part, Typed
from bots.slack.markup import mentions, read_parts

LUIS = Account("U0LUIS001")

TABLE: list[tuple[str, tuple[Part, ...]]] = [
    ("", ()),
    ("thanks", ("thanks",)),
    ("<@U0LUIS001>", (LUIS,)),
    ("<@U0LUIS001|luis>", (Account("U0LUIS001", "luis"),)),
    ("<@W0LUIS001|@luis>", (Account("W0LUIS001", "luis"),)),
    ("<@U0LUIS001><@U0EVA0001>", (LUIS, Account("U0EVA0001"))),
    ("hi <@U0LUIS001>, ok", ("hi ", LUIS, ", ok")),
    ("<@U0PLAUDIT> kudos <@U0LUIS001>", (" kudos ", LUIS)),
    ("hi <@U0PLAUDIT> there", ("hi  there",)),
    ("Plaudit kudos <@U0PLAUDIT02>", ("Plaudit kudos ", Account("U0PLAUDIT02"))),
    ("@ana and @j.o'neil-x.", (Typed("ana"), " and ", Typed("j.o'neil-x"), ".")),
    ("@Ñandú", (Typed("Ñandú"),)),
    ("mail ana@acme.example", ("mail ana@acme.example",)),
    ("<mailto:ana@acme.example|ana@acme.example>", ("ana@acme.example",)),
    ("<!channel> <!here> <!everyone>", ("@channel @here @everyone",)),
    ("<!here|here>", ("@here",)),
    ("<!subteam^S123ABC|@leads>", (Typed("leads", "S123ABC"),)),
    ("<!subteam^S123ABC>", (Typed("S123ABC", "S123ABC"),)),
    ("<!date^1392734382^{date}|Feb 18>", ("Feb 18",)),
    ("<#C123ABC|general>", (Typed("#general", "C123ABC"),)),
    ("<#C123ABC|> <#C123ABC>", (Typed("#C123ABC", "C123ABC"), " ", Typed("#C123ABC", "C123ABC"))),
    ("<https://a.example/?b=1&amp;c=2|R&amp;D &lt;notes&gt;>", ("R&D <notes>",)),
    ("<https://a.example/?b=1&amp;c=2>", ("https://a.example/?b=1&c=2",)),
    ("<https://a.example|@ana>", ("@ana",)),
    ("&lt;@U0LUIS001&gt; &lt;!channel&gt;", ("<", Typed("U0LUIS001"), "> <!channel>")),
    ("&amp;lt;@U0LUIS001&amp;gt;", ("&lt;", Typed("U0LUIS001"), "&gt;")),
    ("<@evil>", ("@evil",)),
    ("<@U1\n>", ("@U1\n",)),
    ("a < b", ("a < b",)),
    ("<>", ()),
]


@pytest.mark.parametrize(("text", "parts"), TABLE, ids=[text for text, _ in TABLE])
def test_parts(text: str, parts: tuple[Part, ...]) -> None:
    assert read_parts(text, bot="U0PLAUDIT") == parts


@pytest.mark.parametrize(
    ("text", "is_mentioned"),
    [
        ("<@U1> hi", True),
        ("<@U1|bot> hi", True),
        ("<@U12>", False),
        ("&lt;@U1&gt;", False),
        ("@U1", False),
        ("", False),
    ],
)
def test_mentions(text: str, is_mentioned: bool) -> None:
    assert mentions(text, "U1") is is_mentioned


def test_nobody_is_mentioned_while_we_do_not_know_ourselves() -> None:
    assert not mentions("<@>", "")
