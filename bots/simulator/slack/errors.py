"""The Web API's refusals: HTTP 200 with `ok: false`, in Slack's words."""

from collections.abc import Sequence

from aiohttp import web

from bots.simulator.world import Json


class SlackApiError(Exception):
    """`error` is Slack's word; `messages` are the details that it sends beside."""

    def __init__(self, error: str, messages: Sequence[str] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.messages = list(messages)

    def response(self) -> web.Response:
        body: Json = {"ok": False, "error": self.error}
        if self.messages:
            body |= {
                "errors": self.messages,
                "response_metadata": {"messages": [f"[ERROR] {text}" for text in self.messages]},
            }
        return web.json_response(body)
