"""Pictures of badges for the cards in the chats, whose servers fetch them without any login."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web

from cards.picture import BadgePicture, badge_png

CACHE_SECONDS = 24 * 60 * 60
Find = Callable[[UUID], Awaitable[BadgePicture | None]]


def routes(find: Find) -> list[web.RouteDef]:
    """`GET /pictures/badges/{public_id}.png`: the PNG, 304 to whoever has it, 404 for everything else."""

    async def badge(request: web.Request) -> web.Response:
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
        body = await asyncio.to_thread(badge_png, picture)
        return web.Response(body=body, content_type="image/png", headers=headers)

    return [web.get("/pictures/badges/{name}", badge)]


async def _found(find: Find, name: str) -> BadgePicture:
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
