"""Pictures for the cards in the chats, whose servers fetch them without any login: badges, certificates of awards, podiums."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from aiohttp import web

from cards.certificate import CertificatePicture, certificate_png
from cards.picture import BadgePicture, badge_png
from cards.podium import Podium, podium_png


class _Tagged(Protocol):
    """`tag` is another one if the picture would be another."""

    @property
    def tag(self) -> str: ...


Picture = TypeVar("Picture", bound=_Tagged)
Find = Callable[[UUID], Awaitable[Picture | None]]

_CACHED = f"public, max-age={24 * 60 * 60}"
_SHORTLY = f"private, max-age={10 * 60}"
"""A certificate carries a name: it is to be gone soon after the award or the person is."""


class Finders(NamedTuple):
    """What the pictures are drawn from, by their public ids."""

    badges: Find[BadgePicture]
    certificates: Find[CertificatePicture]
    podiums: Find[Podium]


def routes(finders: Finders) -> list[web.RouteDef]:
    """`GET /pictures/badges/{public_id}.png`, and so `certificates` and `podiums`: the PNG, 304 to whoever has it, 404 for
    everything else."""
    return [
        web.get("/pictures/badges/{name}", _drawing(finders.badges, badge_png, _CACHED)),
        web.get("/pictures/certificates/{name}", _drawing(finders.certificates, certificate_png, _SHORTLY)),
        web.get("/pictures/podiums/{name}", _drawing(finders.podiums, podium_png, _CACHED)),
    ]


def _drawing(
    find: Find[Picture], draw: Callable[[Picture], bytes], caching: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        picture = await _found(find, request.match_info["name"])
        headers = {"ETag": f'"{picture.tag}"', "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
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
