"""How a Slack workspace joins: from the link to the page at the end, and every way in which it comes to nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from yarl import URL

from bots.slack.install import COOKIE
from core.database import Sessions
from tests.slack.several import CLIENT_SECRET, SECRET_KEY, TEAMS, Page, Stage, open_several

ACME, UMBRELLA = TEAMS


@pytest.fixture
async def stage(database: Sessions, unused_tcp_port: int) -> AsyncIterator[Stage]:
    async with open_several(database, unused_tcp_port) as opened:
        yield opened


async def nothing_stored(stage: Stage) -> None:
    assert await stage.installations() == []
    assert await stage.count("binding") == 0


async def at_slack(stage: Stage, browser: Any, link: str) -> Page:
    """Slack's page is asked, and where it sends the browser is not opened."""
    begun = await stage.open(browser, link, follow=False)
    assert begun.status == 302
    return await stage.open(browser, begun.headers["Location"], follow=False)


async def test_a_workspace_installs_by_its_link(stage: Stage) -> None:
    page = await stage.install()
    assert (page.status, page.title) == (200, f"Plaudit is now in {ACME.lower()}")
    assert "<code>/plaudit admin connect</code>" in page.text
    rows = await stage.sql(
        "SELECT team_id, workspace_id, app_id, bot_user_id, bot_id, installed_by, enterprise_id, revoked_at,"
        " 'chat:write' = ANY(scopes) FROM slack_installation"
    )
    team = stage.teams[0]
    ids = (stage.app.id, team.world.bot.slack_id, team.workspace.bot_id, team.world.person("Zoë").slack_id)
    assert [tuple(row) for row in rows] == [(ACME, stage.homes[0], *ids, "", None, True)]
    assert await stage.count("binding", "tenant = :team AND workspace_id = :home", team=ACME, home=stage.homes[0]) == 1
    await team.slash(team.world.person("Ana"), stage.channels[0], "/plaudit", "admin connect")
    await team.slash(team.world.person("Ana"), stage.channels[0], "/kudos", "@[Luis] for staying late")
    await stage.quiet()
    assert stage.posts(0, "for staying late")


async def test_slack_is_asked_for_a_bot_alone_and_told_where_to_return(stage: Stage) -> None:
    async with stage.browser() as browser:
        begun = await stage.open(browser, await stage.link(), follow=False)
    asked = URL(begun.headers["Location"])
    assert str(asked.origin()) == stage.teams[0].url
    assert asked.path == "/oauth/v2/authorize"
    assert asked.query["redirect_uri"] == f"{stage.url}/slack/oauth_redirect"
    assert "chat:write" in asked.query["scope"].split(",")
    assert set(asked.query) == {"client_id", "scope", "redirect_uri", "state"}


async def test_the_cookie_is_for_this_host_alone(stage: Stage) -> None:
    async with stage.browser() as browser:
        begun = await stage.open(browser, await stage.link(), follow=False)
    cookie = SimpleCookie(begun.headers["Set-Cookie"])[COOKIE]
    assert COOKIE.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert (cookie["domain"], cookie["max-age"]) == ("", "600")
    assert len(cookie.value) == 43


async def test_what_is_kept_of_a_visit_are_hashes(stage: Stage) -> None:
    link = await stage.link()
    async with stage.browser() as browser:
        begun = await stage.open(browser, link, follow=False)
    secrets = [
        URL(link).query["code"],
        URL(begun.headers["Location"]).query["state"],
        SimpleCookie(begun.headers["Set-Cookie"])[COOKIE].value,
    ]
    dump = str(await stage.sql("SELECT * FROM action_token"))
    assert [secret for secret in secrets if secret in dump] == []


@pytest.mark.parametrize("query", ["", "?code=", "?code=a&code=b", f"?code={'x' * 501}"])
async def test_without_a_link_there_is_no_way_in(stage: Stage, query: str) -> None:
    async with stage.browser() as browser:
        page = await stage.open(browser, f"{stage.url}/slack/install{query}")
    assert (page.status, page.title) == (400, "You need an install link")
    assert "plaudit slack install-link" in page.text
    assert await stage.count("action_token") == 0


async def test_a_link_that_was_never_made(stage: Stage) -> None:
    async with stage.browser() as browser:
        page = await stage.open(browser, f"{stage.url}/slack/install?code={'A' * 22}")
    assert (page.status, page.title) == (410, "This install link has ended")


async def test_a_link_that_is_too_old(stage: Stage) -> None:
    link = await stage.link()
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    async with stage.browser() as browser:
        page = await stage.open(browser, link)
    assert page.status == 410
    assert "24 hours" in page.text
    await nothing_stored(stage)


async def test_a_link_opens_often_and_installs_once(stage: Stage) -> None:
    link = await stage.link()
    stage.decide()
    async with stage.browser() as scanner, stage.browser() as browser:
        for _ in range(3):  # whatever looks at links before people do
            assert (await stage.open(scanner, link, follow=False)).status == 302
        assert (await stage.open(browser, link)).status == 200
        assert (await stage.open(browser, link)).status == 410
    assert len(await stage.installations()) == 1


async def test_two_teams_with_one_link_at_once(stage: Stage) -> None:
    """One gets in; what the other granted is given back."""
    link = await stage.link()
    async with stage.browser() as first, stage.browser() as second:
        ways = []
        for team, browser in enumerate((first, second)):
            stage.decide(team)
            ways.append((browser, (await at_slack(stage, browser, link)).headers["Location"]))
        pages = await asyncio.gather(*(stage.open(browser, way) for browser, way in ways))
    assert sorted(page.status for page in pages) == [200, 410]
    assert len(await stage.installations()) == 1
    assert (len(stage.app.tokens), len(stage.app.ended)) == (1, 1)


@pytest.mark.parametrize("state", ["", "A" * 22, "x" * 501])
async def test_a_state_that_was_never_given(stage: Stage, state: str) -> None:
    stage.decide()
    async with stage.browser() as browser:
        back = URL((await at_slack(stage, browser, await stage.link())).headers["Location"])
        page = await stage.open(browser, str(back.update_query(state=state)))
        assert (page.status, page.title) == (410, "This page is used up")
        assert (await stage.open(browser, str(back.without_query_params("state")))).status == 410
    await nothing_stored(stage)


async def test_a_link_is_no_state(stage: Stage) -> None:
    link = URL(await stage.link())
    async with stage.browser() as browser:
        page = await stage.open(browser, f"{stage.url}/slack/oauth_redirect?state={link.query['code']}&code=x")
    assert page.status == 410


async def test_a_state_that_is_too_old(stage: Stage) -> None:
    stage.decide()
    async with stage.browser() as browser:
        back = (await at_slack(stage, browser, await stage.link())).headers["Location"]
        await stage.sql("UPDATE action_token SET expires_at = now() - interval '1 second' WHERE verb = 'slack_visit'")
        page = await stage.open(browser, back)
    assert page.status == 410
    assert "10 minutes" in page.text
    await nothing_stored(stage)


async def test_the_last_page_loaded_again(stage: Stage) -> None:
    page = await stage.install()
    async with stage.browser() as browser:
        again = await stage.open(browser, str(page.url))
    assert again.status in (403, 410)
    assert len(await stage.installations()) == 1
    assert [name for name, _ in stage.tokens].count("oauth.v2.access") == 1


async def test_the_last_page_four_times_at_once(stage: Stage) -> None:
    stage.decide()
    async with stage.browser() as browser:
        back = (await at_slack(stage, browser, await stage.link())).headers["Location"]
        pages = await asyncio.gather(*(stage.open(browser, back) for _ in range(4)))
    assert sorted(page.status for page in pages) == [200, 410, 410, 410]
    assert [name for name, _ in stage.tokens].count("oauth.v2.access") == 1


async def test_another_browser_cannot_end_it_and_the_right_one_still_can(stage: Stage) -> None:
    stage.decide()
    async with stage.browser() as browser, stage.browser() as foreign:
        back = (await at_slack(stage, browser, await stage.link())).headers["Location"]
        bare = await stage.open(foreign, back)
        await at_slack(stage, foreign, await stage.link())  # a cookie of its own
        foreign_page = await stage.open(foreign, back)
        assert {bare.title, foreign_page.title} == {"This was begun in another browser"}
        assert {bare.status, foreign_page.status} == {403}
        await nothing_stored(stage)
        assert (await stage.open(browser, back)).status == 200


async def test_two_tabs_of_one_browser(stage: Stage) -> None:
    async with stage.browser() as browser:
        ways = []
        for team in (0, 1):
            stage.decide(team)
            ways.append((await at_slack(stage, browser, await stage.link(team))).headers["Location"])
        pages = [await stage.open(browser, way) for way in ways]
    assert [page.status for page in pages] == [200, 200]
    assert await stage.installations() == [(ACME, stage.homes[0], True), (UMBRELLA, stage.homes[1], True)]


async def test_the_person_says_no(stage: Stage) -> None:
    page = await stage.install(agrees=False)
    assert (page.status, page.title) == (403, "Plaudit was not installed")
    await nothing_stored(stage)
    assert "oauth.v2.access" not in [name for name, _ in stage.tokens]
    assert (await stage.install()).status == 200


async def test_a_code_is_exchanged_once(stage: Stage) -> None:
    stage.decide()
    async with stage.browser() as browser:
        back = URL((await at_slack(stage, browser, await stage.link())).headers["Location"])
        assert (await stage.open(browser, str(back))).status == 200
        again = URL((await at_slack(stage, browser, await stage.link())).headers["Location"])
        page = await stage.open(browser, str(again.update_query(code=back.query["code"])))
    assert (page.status, page.title) == (400, "Slack did not accept this")
    assert len(await stage.installations()) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"fail": {"status": 500}}, 503),
        ({"fail": {"status": 503}}, 503),
        ({"drop": {}}, 503),
        ({"throttle": {}}, 503),
        ({"fail": {"status": 404}}, 400),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["oauth.v2.access", "auth.test"])
async def test_slack_fails_in_between(stage: Stage, method: str, fault: dict[str, Any], status: int) -> None:
    link = await stage.link()
    stage.decide()
    [(kind, how)] = fault.items()
    getattr(stage.teams[0].faults, kind)(name=method, **how)
    async with stage.browser() as browser:
        page = await stage.open(browser, link)
        assert page.status == status
        assert "Nothing was stored" in page.text
        assert stage.teams[0].faults.pending == 0
        await nothing_stored(stage)
        assert (await stage.open(browser, link)).status == 200, "the link is as good as before"


async def test_a_wrong_client_secret(stage: Stage) -> None:
    stage.app.client_secret = "another"
    page = await stage.install()
    assert (page.status, page.title) == (400, "Slack did not accept this")
    await nothing_stored(stage)


@pytest.mark.parametrize("way", ["organisation", "rotation"])
async def test_an_installation_that_we_cannot_serve_is_given_back(stage: Stage, way: str) -> None:
    page = await stage.install(**{way: True})
    assert page.status == 400
    assert "Nothing was stored" in page.text
    await nothing_stored(stage)
    assert (len(stage.app.tokens), list(stage.app.ended.values())) == (0, ["token_revoked"])


async def test_a_team_stays_with_its_company(stage: Stage) -> None:
    await stage.join(0)
    page = await stage.install(team=0, home=1)
    assert (page.status, page.title) == (409, "This workspace belongs to somebody else")
    assert await stage.installations() == [(ACME, stage.homes[0], True)]
    # Slack gave the very token that we use already: it was not taken back.
    ana = stage.world(0).person("Ana")
    await stage.teams[0].slash(ana, stage.channels[0], "/kudos", "@[Luis] still here")
    await stage.quiet()
    assert stage.posts(0, "still here")


async def test_a_team_bound_to_another_company_gives_its_new_token_back(stage: Stage) -> None:
    await stage.sql("INSERT INTO binding VALUES ('slack', :team, '', :home)", team=ACME, home=stage.homes[1])
    page = await stage.install(team=0, home=0)
    assert page.status == 409
    assert await stage.installations() == []
    assert stage.app.tokens == {}


async def test_installing_again_keeps_one_row(stage: Stage) -> None:
    await stage.install()
    before = await stage.sql("SELECT installed_at, sealed_token FROM slack_installation")
    assert (await stage.install()).status == 200
    after = await stage.sql("SELECT installed_at, sealed_token FROM slack_installation")
    assert len(after) == 1
    assert after[0].installed_at > before[0].installed_at
    assert after[0].sealed_token != before[0].sealed_token


async def test_looking_without_fetching_ends_nothing(stage: Stage) -> None:
    stage.decide()
    async with stage.browser() as browser:
        back = (await at_slack(stage, browser, await stage.link())).headers["Location"]
        async with browser.head(back) as answer:
            assert answer.status == 405
        assert (await stage.open(browser, back)).status == 200


async def test_pages_run_nothing_and_tell_nobody(stage: Stage) -> None:
    stage.world(0).slack_domain = "<script>alert(1)</script>&co"
    page = await stage.install()
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;co" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.text.startswith('<!doctype html><html lang="en">')


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "Necesitas un enlace de instalación"),
        ("xx, fr-CA;q=0.5", "Il te faut un lien d’installation"),
        ("*", "You need an install link"),
        ("", "You need an install link"),
        ("'\"><b>", "You need an install link"),
    ],
)
async def test_pages_speak_the_browsers_language(stage: Stage, accepted: str, title: str) -> None:
    async with stage.browser() as browser:
        page = await stage.open(browser, f"{stage.url}/slack/install", language=accepted)
    assert page.title == title


async def test_a_bug_is_told_under_its_reference(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async with stage.sessions.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE slack_installation ADD CONSTRAINT poison CHECK (team_id = '')")
    page = await stage.install()
    assert page.status == 500
    [record] = [record for record in caplog.records if record.name == "bots.slack.install"]
    assert isinstance(record.args, tuple)
    assert str(record.args[0]) in page.text
    await nothing_stored(stage)


async def test_no_secret_is_in_a_page_a_log_or_the_database(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = await stage.link()
    stage.decide()
    async with stage.browser() as browser:
        back = (await at_slack(stage, browser, link)).headers["Location"]
        urls = (link, back, back, f"{stage.url}/slack/install?code=x", f"{back}&error=y")
        seen = [(await stage.open(browser, url, follow=False)).text for url in urls]
    seen += [(await stage.install(1, rotation=True)).text, (await stage.install(0, 1)).text]
    tokens = [*stage.app.tokens, *stage.app.ended]
    assert len(tokens) == 2
    secrets = [*tokens, CLIENT_SECRET, SECRET_KEY, URL(back).query["code"], URL(back).query["state"]]
    secrets += [URL(link).query["code"], "xoxb-"]
    names = await stage.sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    dump = str([await stage.sql(f"SELECT {name}::text FROM {name}") for (name,) in names])
    assert ACME in dump
    raw = b"".join(row[0] for row in await stage.sql("SELECT sealed_token FROM slack_installation"))
    # What the simulator and the test's own browser log is theirs.
    told = ("bots", "core", "slack_bolt", "slack_sdk", "sqlalchemy")
    ours = "\n".join(each.getMessage() for each in caplog.records if each.name.partition(".")[0] in told)
    assert "installed us" in ours
    for secret in secrets:
        assert secret not in dump
        assert secret.encode() not in raw
        assert secret not in ours
        assert [page for page in seen if secret in page] == []
