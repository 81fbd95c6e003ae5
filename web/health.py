"""Three pages for whoever keeps the process running: alive, ready, and figures."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], Awaitable[bool]]
Refresh = Callable[[], Awaitable[None]]


def routes(checks: Mapping[str, Check], registry: CollectorRegistry, refresh: Refresh) -> list[web.RouteDef]:
    """`/healthz` answers as long as the process does; `/readyz` 200 when every check holds, else 503 and which do not;
    `/metrics` in Prometheus's text format, after `refresh` has read what is counted in the database."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        results = {name: await check() for name, check in checks.items()}
        is_ready = all(results.values())
        return web.json_response(
            {"status": "ready" if is_ready else "waiting", **results}, status=200 if is_ready else 503
        )

    async def metrics(_: web.Request) -> web.Response:
        await refresh()
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
