"""What a button carries: who may press it, where, how often and until when."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import tokens
from core.database import Sessions
from core.tokens import PER_MEMBER, REPEATABLE, SINGLE, AlreadyDone, Closed, Grant, Issued, NotForYou, OtherPlace

SECRET = b"s" * 32
PLACE = "slack:T1:C1"
ANA, LUIS = 11, 12


def grant(**changes: Any) -> Grant:
    expires_at = datetime.now(UTC) + timedelta(days=1)
    plain = Grant(1, "second", 7, "", None, PLACE, SINGLE, expires_at)
    return replace(plain, **changes)


async def issued(session: AsyncSession, **changes: Any) -> Issued:
    (token,) = await tokens.mint(session, [grant(**changes)], secret=SECRET)
    return await tokens.find(session, token)


async def press(session: AsyncSession, token: Issued, member_id: int = ANA, conversation: str = PLACE) -> None:
    await tokens.press(session, token, member_id=member_id, conversation=conversation)


def test_a_token_is_the_same_each_time_and_says_nothing() -> None:
    token = tokens.derive(grant(), secret=SECRET)
    assert token == tokens.derive(grant(expires_at=datetime.now(UTC)), secret=SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)


@pytest.mark.parametrize(
    "changes",
    [
        {"workspace_id": 2},
        {"verb": "undo"},
        {"object_id": 8},
        {"argument": "2"},
        {"member_id": ANA},
        {"conversation": "slack:T1:C2"},
        {"mode": REPEATABLE},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_a_token_allows_makes_it_another(changes: dict[str, Any]) -> None:
    assert tokens.derive(grant(**changes), secret=SECRET) != tokens.derive(grant(), secret=SECRET)


def test_another_secret_makes_other_tokens() -> None:
    assert tokens.derive(grant(), secret=b"t" * 32) != tokens.derive(grant(), secret=SECRET)


async def test_a_pressed_token_is_what_was_granted(session: AsyncSession) -> None:
    given = grant(argument="week", member_id=ANA, mode=PER_MEMBER)
    (token,) = await tokens.mint(session, [given], secret=SECRET)
    assert await tokens.find(session, token) == Issued(
        tokens.digest(token), 1, "second", 7, "week", ANA, PLACE, PER_MEMBER
    )


async def test_tokens_are_minted_in_order_and_stored_as_hashes_alone(session: AsyncSession) -> None:
    grants = [grant(object_id=number) for number in range(5)]
    minted = await tokens.mint(session, grants, secret=SECRET)
    assert minted == [tokens.derive(given, secret=SECRET) for given in grants]
    stored = (await session.execute(text("SELECT action_token::text FROM action_token"))).scalars().all()
    assert len(stored) == 5
    assert not [token for token in minted if any(token in row for row in stored)]
    assert await tokens.mint(session, [], secret=SECRET) == []


async def test_a_card_rendered_again_keeps_its_tokens_and_their_time(session: AsyncSession) -> None:
    (first,) = await tokens.mint(session, [grant()], secret=SECRET)
    (second,) = await tokens.mint(session, [grant(expires_at=datetime.now(UTC) - timedelta(days=1))], secret=SECRET)
    assert first == second
    await tokens.find(session, first)


@pytest.mark.parametrize(("mode", "lives_on"), [(SINGLE, False), (PER_MEMBER, False), (REPEATABLE, True)])
async def test_a_button_of_any_number_of_presses_lives_on_with_its_newest_card(
    session: AsyncSession, mode: str, lives_on: bool
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (token,) = await tokens.mint(session, [grant(mode=mode, expires_at=yesterday)], secret=SECRET)
    assert await tokens.mint(session, [grant(mode=mode)], secret=SECRET) == [token]
    if lives_on:
        await tokens.find(session, token)
        return
    with pytest.raises(Closed):
        await tokens.find(session, token)


@pytest.mark.parametrize(
    "garbage",
    ["", "x", "A" * 22, "é" * 22, "\ud800", "a\x00b", "🎉" * 5000, "' OR 1=1 --", "\udfff" * 22],
    ids=range(9),
)
async def test_what_we_never_issued_is_closed(session: AsyncSession, garbage: str) -> None:
    await issued(session)
    with pytest.raises(Closed):
        await tokens.find(session, garbage)


async def test_an_expired_token_is_closed(session: AsyncSession) -> None:
    (token,) = await tokens.mint(session, [grant(expires_at=datetime.now(UTC) - timedelta(seconds=1))], secret=SECRET)
    with pytest.raises(Closed):
        await tokens.find(session, token)


@pytest.mark.parametrize(
    ("mode", "again", "other"),
    [(SINGLE, AlreadyDone, AlreadyDone), (PER_MEMBER, AlreadyDone, None), (REPEATABLE, None, None)],
)
async def test_how_often_a_token_may_be_pressed(
    session: AsyncSession, mode: str, again: type[Exception] | None, other: type[Exception] | None
) -> None:
    token = await issued(session, mode=mode)
    await press(session, token)
    for member_id, refusal in [(ANA, again), (LUIS, other), (ANA, again)]:
        if refusal is None:
            await press(session, token, member_id)
            continue
        with pytest.raises(refusal):
            await press(session, token, member_id)


@pytest.mark.parametrize("mode", [SINGLE, PER_MEMBER, REPEATABLE])
async def test_a_token_of_one_member_is_for_nobody_else(session: AsyncSession, mode: str) -> None:
    token = await issued(session, member_id=ANA, mode=mode)
    with pytest.raises(NotForYou):
        await press(session, token, LUIS)
    await press(session, token, ANA)


@pytest.mark.parametrize("mode", [SINGLE, PER_MEMBER, REPEATABLE])
async def test_a_token_works_where_it_was_shown(session: AsyncSession, mode: str) -> None:
    token = await issued(session, mode=mode)
    for elsewhere in ("slack:T1:C2", "", "slack:T1:C1 "):
        with pytest.raises(OtherPlace):
            await press(session, token, conversation=elsewhere)
    await press(session, token)


async def test_a_members_own_token_without_a_place_works_wherever_they_are(session: AsyncSession) -> None:
    token = await issued(session, member_id=ANA, conversation="", mode=REPEATABLE)
    await press(session, token, conversation=PLACE)
    await press(session, token, conversation="elsewhere")
    with pytest.raises(NotForYou):
        await press(session, token, LUIS)


async def test_expired_tokens_are_forgotten_with_their_presses(session: AsyncSession, now: datetime) -> None:
    old = await issued(session, object_id=1, expires_at=now + timedelta(hours=1))
    kept = await issued(session, object_id=2, expires_at=now + timedelta(hours=3))
    for token in (old, kept):
        await press(session, token)
    await tokens.forget(session, before=now + timedelta(hours=2))
    for table in ("action_token", "press"):
        left = (await session.execute(text(f"SELECT token_hash FROM {table}"))).scalars().all()
        assert left == [kept.token_hash]


async def pressed(database: Sessions, token: Issued, member_id: int) -> bool:
    try:
        async with database.begin() as (session, _):
            await press(session, token, member_id)
            await asyncio.sleep(0.01)
    except AlreadyDone:
        return False
    return True


@pytest.mark.parametrize(
    ("mode", "members", "effects"),
    [
        (SINGLE, [ANA, LUIS] * 5, 1),
        (SINGLE, [ANA] * 10, 1),
        (PER_MEMBER, [ANA, LUIS] * 5, 2),
        (REPEATABLE, [ANA] * 4, 4),
    ],
)
async def test_presses_at_once(database: Sessions, mode: str, members: list[int], effects: int) -> None:
    async with database.begin() as (session, _):
        token = await issued(session, mode=mode)
    assert sum(await asyncio.gather(*(pressed(database, token, member_id) for member_id in members))) == effects


async def test_a_press_whose_effect_failed_is_free_again(database: Sessions) -> None:
    async with database.begin() as (session, _):
        token = await issued(session)

    async def press_and_fail() -> None:
        async with database.begin() as (session, _):
            await press(session, token)
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await press_and_fail()
    assert await pressed(database, token, LUIS)
