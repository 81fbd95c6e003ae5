"""GET /pictures/badges/…: what a badge looks like, for whoever knows its id, and nothing else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import pytest
from yarl import URL

from core.badges.models import Badge
from core.database import Sessions
from core.people import queries as people
from tests.conversations.stage import Stage, open_stage
from tests.core.badges.stock import make_badge
from tests.factories import make_company

PATH = "/pictures/badges/"


@pytest.fixture
async def badge(database: Sessions) -> Badge:
    workspace, _ = await make_company(database, 1)
    async with database.begin(workspace.id) as (session, _):
        return await make_badge(session, workspace, reward="Team player", rarity="rare", color="#4CAF50")


@pytest.fixture
async def url(database: Sessions, badge: Badge) -> str:
    return f"{PATH}{badge.public_id}.png"


async def test_a_picture_is_there_for_everybody_and_kept(database: Sessions, badge: Badge, url: str) -> None:
    async with open_stage(database, is_set_up=False) as stage, aiohttp.ClientSession(stage.url) as http:
        async with http.get(url) as answer:
            body = await answer.read()
            tag = answer.headers["ETag"]
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert answer.headers["Cache-Control"] == "public, max-age=86400"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert body.startswith(b"\x89PNG")
        assert len(body) < 32 * 1024
        for given, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
            async with http.get(url, headers={"If-None-Match": given}) as answer:
                assert answer.status == status, given
                assert answer.headers["ETag"] == tag
        async with http.head(url) as answer:
            assert answer.status == 200
        async with database.begin(badge.workspace_id) as (session, _):
            (await session.merge(badge)).name = "Other"
        async with http.get(url, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 200
            assert await answer.read() != body


async def test_everything_else_is_not_there(database: Sessions, badge: Badge) -> None:
    known = str(badge.public_id)
    async with open_stage(database, is_set_up=False) as stage, aiohttp.ClientSession(stage.url) as http:
        for name in (
            f"{uuid4()}.png",
            known,
            f"{known}.svg",
            f"{known}.png.png",
            f"{known[:-1]}.png",
            f"{known.replace('-', '')}.png",
            f"{{{known}}}.png",
            f"{badge.id}.png",
            "..%2F..%2Fetc%2Fpasswd.png",
            "%00.png",
            "x" * 2000 + ".png",
            ".png",
            "",
        ):
            async with http.get(URL(f"{PATH}{name}", encoded=True)) as answer:
                assert answer.status == 404, name
        async with http.post(f"{PATH}{known}.png") as answer:
            assert answer.status == 405


async def test_cards_show_pictures_where_everybody_reaches_us(stage_with_pictures: Stage) -> None:
    stage = stage_with_pictures
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        known = str((await make_badge(session, workspace, reward="Team player", multiple=True)).public_id)
        await make_badge(session, workspace, reward="Hush", is_secret=True)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/badge", '@[Luis] "Team player" bravo')
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/badge", '@[Luis] "Hush" psst')
    await stage.quiet()
    address = f"https://plaudit.example.com{PATH}{known}.png"
    named = [message for message in stage.posts("bravo") if address in str(message.payload)]
    assert {message.conversation.platform for message in named} == {"teams", "slack", "telegram"}
    assert not [message for message in stage.posts("psst") if PATH in str(message.payload)]


@pytest.fixture
async def stage_with_pictures(database: Sessions) -> AsyncIterator[Stage]:
    async with open_stage(database, public_url="https://plaudit.example.com") as opened:
        yield opened
    assert opened.wire.faults() == []
