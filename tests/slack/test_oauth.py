"""What Slack grants is read strictly, and nothing of it shows."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import BaseTestServer

from bots.sending import Permanent
from bots.slack.api import Api
from bots.slack.oauth import OAuth, Unfit
from core.installations.service import Granted
from tests.slack.web_api import FakeSlack

TOKEN = "xoxb-canary-of-an-exchange"
ACCESS: dict[str, Any] = {
    "ok": True,
    "access_token": TOKEN,
    "token_type": "bot",
    "scope": "chat:write,commands",
    "bot_user_id": "U0PLAUDIT",
    "app_id": "A0PLAUDIT",
    "team": {"id": "T0ACME001", "name": "Acme"},
    "enterprise": None,
    "is_enterprise_install": False,
    "authed_user": {"id": "U0ANA0001"},
}


@pytest.fixture
async def oauth(slack_server: BaseTestServer) -> AsyncIterator[OAuth]:
    url = str(slack_server.make_url("/api/"))
    api = Api(token="", url=url)
    yield OAuth("1.2", "canary-secret", public_url="https://plaudit.example.com/", api_url=url, api=api)
    await api.close()


async def test_a_code_is_exchanged_in_the_apps_name(oauth: OAuth, slack: FakeSlack) -> None:
    slack.answers["oauth.v2.access"] = [ACCESS]
    exchanged = await oauth.exchange("code-1")
    assert exchanged.granted == Granted(
        "T0ACME001", "A0PLAUDIT", "U0PLAUDIT", "B0PLAUDIT", ("chat:write", "commands"), installed_by="U0ANA0001"
    )
    assert (exchanged.team_name, exchanged.token) == ("Acme", TOKEN)
    first, second = slack.calls
    assert first.arguments == {"code": "code-1", "redirect_uri": "https://plaudit.example.com/slack/oauth_redirect"}
    assert first.authorization == f"Basic {base64.b64encode(b'1.2:canary-secret').decode()}"
    assert (second.method, second.authorization) == ("auth.test", f"Bearer {TOKEN}")
    assert TOKEN not in repr(exchanged)
    assert "canary-secret" not in repr(oauth)


async def test_a_workspace_of_a_grid_is_a_workspace(oauth: OAuth, slack: FakeSlack) -> None:
    slack.answers["oauth.v2.access"] = [{**ACCESS, "enterprise": {"id": "E1", "name": "Grid"}}]
    assert (await oauth.exchange("c")).granted.enterprise_id == "E1"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_enterprise_install": True, "team": None}, "organisation"),
        ({"is_enterprise_install": True}, "organisation"),
        ({"team": None}, "organisation"),
        ({"expires_in": 43200, "refresh_token": "xoxe-1"}, "rotation"),
    ],
)
async def test_what_we_cannot_serve(oauth: OAuth, slack: FakeSlack, changes: dict[str, Any], why: str) -> None:
    slack.answers["oauth.v2.access"] = [{**ACCESS, **changes}]
    with pytest.raises(Unfit) as unfit:
        await oauth.exchange("c")
    assert (unfit.value.why, unfit.value.token) == (why, TOKEN)
    assert TOKEN not in str(unfit.value)


@pytest.mark.parametrize(
    ("access", "identity"),
    [
        ({"ok": True}, {}),
        ({**ACCESS, "access_token": ""}, {}),
        ({**ACCESS, "access_token": 5}, {}),
        ({**ACCESS, "team": {"id": ""}}, {}),
        ({**ACCESS, "team": "T0ACME001"}, {}),
        (ACCESS, {"ok": True, "team_id": "T0OTHER01", "user_id": "U1", "bot_id": "B1"}),
        (ACCESS, {"ok": True, "team_id": "T0ACME001"}),
        (ACCESS, {"ok": True, "user_id": "U1"}),
        (ACCESS, {"ok": False, "error": "invalid_auth"}),
    ],
)
async def test_what_does_not_fit_together(
    oauth: OAuth, slack: FakeSlack, access: dict[str, Any], identity: dict[str, Any]
) -> None:
    slack.answers["oauth.v2.access"] = [access]
    if identity:
        slack.answers["auth.test"] = [identity]
    with pytest.raises(Permanent) as refused:
        await oauth.exchange("c")
    assert "canary" not in refused.value.reason
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("api_url", "page"),
    [
        ("https://slack.com/api/", "https://slack.com/oauth/v2/authorize"),
        ("https://slack-gov.com/api/", "https://slack-gov.com/oauth/v2/authorize"),
    ],
)
def test_the_page_that_people_see_is_beside_the_api(api_url: str, page: str) -> None:
    oauth = OAuth("1.2", "x", public_url="https://p.example", api_url=api_url, api=Api(token="", url=api_url))
    assert oauth.authorize_url("s").startswith(f"{page}?client_id=1.2&scope=app_mentions%3Aread%2C")
