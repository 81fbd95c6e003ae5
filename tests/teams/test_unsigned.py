"""Activities without a token: for this machine, in development, and nowhere else."""

from typing import Any

import pytest

from tests.teams.stage import one_message, stage

UNSIGNED: dict[str, Any] = {"teams_unsigned": True}


async def test_unsigned_activities_are_for_this_machine_in_development() -> None:
    async with stage(**UNSIGNED) as bot:
        activity = await one_message(bot)
        assert (await bot.teams.send(activity, token="")).status == 202
        assert (await bot.teams.send({**activity, "channelId": "emulator"}, token="")).status == 202
        assert len(bot.desk.stored) == 2


@pytest.mark.parametrize(
    "header",
    [
        {"Forwarded": "for=1.2.3.4"},
        {"X-Forwarded-For": "1.2.3.4"},
        {"x-forwarded-proto": "https"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example"},
        {"Authorization": "Bearer garbage"},
    ],
)
async def test_unsigned_activities_through_a_proxy_or_with_a_bad_token_are_refused(header: dict[str, str]) -> None:
    async with stage(**UNSIGNED) as bot:
        raw = bot.teams.raw(await one_message(bot), token="")
        status, _ = await bot.post(raw.body, {**raw.headers, **header})
        assert status == 401
        assert bot.desk.is_untouched


@pytest.mark.parametrize("change", [{"mode": "production"}, {"host": "0.0.0.0"}])
async def test_unsigned_is_ignored_elsewhere(change: dict[str, Any]) -> None:
    async with stage(**UNSIGNED, **change) as bot:
        assert (await bot.teams.send(await one_message(bot), token="")).status == 401


async def test_unsigned_activities_still_need_a_listed_tenant() -> None:
    async with stage(**UNSIGNED, teams_tenant_ids=("another",)) as bot:
        assert (await bot.teams.send(await one_message(bot), token="")).status == 403
        assert bot.desk.is_untouched
