"""Pictures for the cards in the chats, whose servers fetch them without any login."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

from aiohttp import web

from cards.picture import BadgePicture, badge_png
from cards.podium import Podium, podium_png

CACHE_SECONDS = 24 * 60 * 60


class _Tagged(Protocol):
    """`tag` is another one if the picture would be another."""

    @property
    def tag(self) -> str: ...


Picture = TypeVar("Picture", bound=_Tagged)
Find = Callable[[UUID], Awaitable[Picture | None]]


def routes(badges: Find[BadgePicture], podiums: Find[Podium]) -> list[web.RouteDef]:
    """`GET /pictures/badges/{public_id}.png`, `/pictures/podiums/{public_id}.png`: the PNG, 304 to whoever has it, 404 for
    everything else."""
    return [
        web.get("/pictures/badges/{name}", _drawing(badges, badge_png)),
        web.get("/pictures/podiums/{name}", _drawing(podiums, podium_png)),
    ]


def _drawing(
    find: Find[Picture], draw: Callable[[Picture], bytes]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        picture = await _found(find, request.match_info["name"])
        headers = {
            "ETag": f'"{picture.tag}"',
            "Cache-Control": f"public, max-age={CACHE_SECONDS}",
            "X-Content-Type-Options": "nosniff",
        }
        known = request.if_none_match or ()
        if any(tag.value in {picture.tag, "*"} for tag in known):
            return web.Response(status=304, headers=headers)
        # Drawn beside the event loop, as it takes some milliseconds the first time.
        body = await asyncio.to_thread(draw, picture)
        return web.Response(body=body, content_type="image/png", headers=headers)

    return answer


async def _found(find: Find[Picture], name: str) -> Picture:
    """Raises HTTPNotFound, whatever is wrong: nobody learns what there is."""
    public_id, _, kind = name.rpartition(".")
    try:
        known = UUID(public_id) if kind == "png" and len(public_id) == 36 else None
    except ValueError:
        known = None
    picture = await find(known) if known else None
    if picture is None:
        raise web.HTTPNotFound
    return picture
