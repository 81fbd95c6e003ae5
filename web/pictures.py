"""Pictures for the cards in the chats, whose servers fetch them without any login: badges, and certificates of awards."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

from aiohttp import web

from cards.certificate import CertificatePicture, certificate_png
from cards.picture import BadgePicture, badge_png


class Picture(Protocol):
    @property
    def tag(self) -> str: ...


Drawn = TypeVar("Drawn", bound=Picture)

CACHE_SECONDS = 24 * 60 * 60
CERTIFICATE_CACHE_SECONDS = 10 * 60
"""A certificate carries a name: it is to be gone soon after the award or the person is."""
Find = Callable[[UUID], Awaitable[BadgePicture | None]]
FindCertificate = Callable[[UUID], Awaitable[CertificatePicture | None]]


def routes(find: Find, find_certificate: FindCertificate) -> list[web.RouteDef]:
    """`GET /pictures/badges/{public_id}.png`, `GET /pictures/certificates/{public_id}.png`: the PNG, 304 to whoever has it, 404
    for everything else."""

    async def badge(request: web.Request) -> web.Response:
        return await _answer(request, find, badge_png, f"public, max-age={CACHE_SECONDS}")

    async def certificate(request: web.Request) -> web.Response:
        caching = f"private, max-age={CERTIFICATE_CACHE_SECONDS}"
        return await _answer(request, find_certificate, certificate_png, caching)

    return [web.get("/pictures/badges/{name}", badge), web.get("/pictures/certificates/{name}", certificate)]


async def _answer(
    request: web.Request,
    find: Callable[[UUID], Awaitable[Drawn | None]],
    draw: Callable[[Drawn], bytes],
    caching: str,
) -> web.Response:
    picture = await _found(find, request.match_info["name"])
    headers = {"ETag": f'"{picture.tag}"', "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    known = request.if_none_match or ()
    if any(tag.value in {picture.tag, "*"} for tag in known):
        return web.Response(status=304, headers=headers)
    # Drawn beside the event loop, as it takes some milliseconds the first time.
    body = await asyncio.to_thread(draw, picture)
    return web.Response(body=body, content_type="image/png", headers=headers)


async def _found(find: Callable[[UUID], Awaitable[Drawn | None]], name: str) -> Drawn:
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
