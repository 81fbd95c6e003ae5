"""What is sealed opens with its key, for what it belongs to, unchanged; with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import Keyring, Unsealed

OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
SECRET, ABOUT = b"xoxb-1234", b"team T1"


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_there_and_back(secret: bytes, about: bytes) -> None:
    keys = Keyring(NEW)
    sealed = keys.seal(secret, about=about)
    assert keys.open(sealed, about=about) == secret
    assert len(sealed) == 5 + 12 + len(secret) + 16


def test_it_shows_nothing_and_is_never_the_same() -> None:
    keys = Keyring(NEW)
    sealed = {keys.seal(SECRET, about=ABOUT) for _ in range(50)}
    assert len(sealed) == 50
    assert not [each for each in sealed if SECRET in each or NEW[:4] in each]


def test_any_other_bit_is_refused() -> None:
    keys = Keyring(NEW)
    sealed = keys.seal(SECRET, about=ABOUT)
    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(Unsealed):
            keys.open(bytes(changed), about=ABOUT)


def test_any_other_length_is_refused() -> None:
    keys = Keyring(NEW)
    sealed = keys.seal(SECRET, about=ABOUT)
    for changed in [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0"]:
        with pytest.raises(Unsealed):
            keys.open(changed, about=ABOUT)


def test_it_opens_for_what_it_belongs_to() -> None:
    keys = Keyring(NEW)
    sealed = keys.seal(SECRET, about=ABOUT)
    with pytest.raises(Unsealed):
        keys.open(sealed, about=b"team T2")


def test_a_key_is_followed_by_another() -> None:
    before, between, after = Keyring(OLD), Keyring(NEW, OLD), Keyring(NEW)
    sealed = before.seal(SECRET, about=ABOUT)
    assert between.open(sealed, about=ABOUT) == SECRET
    anew = between.seal(SECRET, about=ABOUT)
    assert after.open(anew, about=ABOUT) == SECRET
    assert (sealed.startswith(between.header), anew.startswith(between.header)) == (False, True)
    with pytest.raises(Unsealed):
        after.open(sealed, about=ABOUT)
    with pytest.raises(Unsealed):
        Keyring(OTHER).open(sealed, about=ABOUT)


def test_a_refusal_says_nothing_of_the_secret() -> None:
    sealed = Keyring(NEW).seal(SECRET, about=ABOUT)
    for keys, about in ((Keyring(OTHER), ABOUT), (Keyring(NEW), b"x")):
        with pytest.raises(Unsealed) as refused:
            keys.open(sealed, about=about)
        assert SECRET.decode() not in str(refused.value)
        assert refused.value.__cause__ is None
