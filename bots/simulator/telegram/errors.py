"""The Bot API's refusals, in Telegram's own words."""

from aiohttp import web

from bots.simulator.world import Json

PHRASES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class BotApiError(Exception):
    """`description` is without the leading "Bad Request: "."""

    def __init__(self, code: int, description: str = "", parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def response(self) -> web.Response:
        words = ": ".join(filter(None, (PHRASES.get(self.code, ""), self.description)))
        body: Json = {"ok": False, "error_code": self.code, "description": words}
        if self.parameters:
            body["parameters"] = self.parameters
        return web.json_response(body, status=self.code)


def bad_request(description: str) -> BotApiError:
    return BotApiError(400, description)


def too_many_requests(seconds: int) -> BotApiError:
    return BotApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
