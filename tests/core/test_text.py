"""What members type, made safe to keep."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import TAG_LENGTH_MAX, clean, clean_name, tag_name

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
NASTY = st.text(
    st.sampled_from("aé́̂ \t\n\r\x00\u200b\u200d\ufe0f\u202e\u2028\ud800\u3164\U000e0041\U000e007f🏴👩🎉#-_ßİﬁ"),
    max_size=30,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("plain", "plain"),
        ("  two   blanks\t\ttab  ", "two blanks tab"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("\u202egnirts\u202c \u2066x\u2069", "gnirts x"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("half \ud83d surrogate", "half surrogate"),
        ("private \ue000 use \ufffe", "private use"),
        ("line\r\nfeed\rreturn\u2028separator", "line\nfeed\nreturn separator"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a \n b", "a\nb"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("\u3164\u2800\u115f", ""),
        (" \u200d \ufe0f ", ""),
        ("end \u200d", "end"),
        ("👩\u200d🚀 ❤\ufe0f", "👩\u200d🚀 ❤\ufe0f"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("hidden\U000e0069\U000e0067\U000e006e", "hidden"),
        ("\U000e0041\U000e0042", ""),
        ("🫨 of a later Unicode", "🫨 of a later Unicode"),
        ("<b>&amp;</b> *x* _y_ {{z}} @channel", "<b>&amp;</b> *x* _y_ {{z}} @channel"),
    ],
)
def test_cleaning(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@given(TEXTS | NASTY)
def test_what_is_clean_is_composed_storable_and_stays_as_it_is(typed: str) -> None:
    kept = clean(typed)
    assert clean(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept.encode().decode() == kept
    assert kept == kept.strip()
    assert "\n\n\n" not in kept
    assert not {unicodedata.category(character) for character in kept} & {"Cs", "Co"}
    assert not set(kept) & {chr(code) for code in (*range(10), *range(11, 32), 127, 0x202E, 0x200B, 0xFEFF)}


def test_a_name_is_one_line_within_a_length_and_never_empty() -> None:
    assert clean_name(" Ana\nMaría ") == "Ana María"
    assert clean_name("") == clean_name("\u200b\x00") == clean_name("\u3164") == "?"
    assert clean_name("x" * 100) == "x" * 80
    assert clean_name("abc def", length_max=4) == "abc"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("#Team Work", "teamwork"),
        ("Team_Player", "team_player"),
        ("on-call", "on-call"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("ﬁne", "fine"),
        ("café", "café"),
        ("cafe\u0301", "café"),
        ("धन्यवाद", "धन्यवाद"),
        ("日本", "日本"),
        ("--x--", "x"),
        ("<script>", "script"),
        ("🎉", ""),
        ("#", ""),
        ("\u202e\x00", ""),
        ("_\u0301_", ""),
        ("wo\u034frd\ufe0f", "word"),
        ("a" * 50, "a" * TAG_LENGTH_MAX),
        ("a" * 39 + "-b", "a" * 39),
    ],
)
def test_tag_names(typed: str, name: str) -> None:
    assert tag_name(typed) == name


@given(TEXTS | NASTY)
def test_a_tag_name_is_its_own_tag_name_and_fits_its_column(typed: str) -> None:
    name = tag_name(typed)
    assert tag_name(name) == name
    assert len(name) <= TAG_LENGTH_MAX
    assert not any(character.isspace() for character in name)
