"""Labels beside boxes, in which some clients read Markdown: nothing that a member typed formats or links."""

import pytest

from cards.render.markdown import unread


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Inés <Admin> *QA*", "Inés Admin QA"),
        ("[click](https://evil.example)", "click (https://evil.example)"),
        ("🤝 #team_player", "🤝 #team_player"),
        ("_loud_ __very__", "loud very"),
        ("a\\*b ~~c~~ `d`", "a b c d"),
        ("***", "–"),
        ("{{DATE(2020)}}", "{\u2060{DATE(2020)}}"),
    ],
)
def test_it_is_shown_without_what_would_be_read(typed: str, shown: str) -> None:
    assert unread(typed) == shown
