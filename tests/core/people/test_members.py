"""Who somebody is: one person is one member, however many accounts, deliveries or processes speak of them."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.people import memberships, queries
from core.people import service as people
from core.people.models import Workspace
from core.people.queries import Person
from core.people.service import Contact
from tests.factories import enter, make_company, make_member, make_members, make_place, make_workspace


def contact(remote_id: str = "U1", **changes: Any) -> Contact:
    given: dict[str, Any] = {"platform": "slack", "tenant": "T1", "remote_id": remote_id, "name": "Ana"}
    return Contact(**{**given, **changes})


async def enrol(session: AsyncSession, workspace: Workspace, who: Contact, *, is_provisional: bool = False) -> Person:
    return await people.enrol(session, who, workspace_id=workspace.id, is_provisional=is_provisional)


async def count(session: AsyncSession, table: str) -> int:
    return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_new_account_is_a_new_member(session: AsyncSession, workspace: Workspace) -> None:
    who = contact(name=" Ana\x00 María ", locale="es-ES", time_zone="Europe/Madrid", email="Ana@Acme.example")
    person = await enrol(session, workspace, who)
    assert person == Person(
        person.member_id,
        "Ana María",
        "active",
        ("member",),
        is_provisional=False,
        locale="es-ES",
        time_zone="Europe/Madrid",
    )
    assert not person.is_admin
    assert not person.has_left
    found = await session.execute(text("SELECT email FROM profile"))
    assert found.scalar() == "ana@acme.example"


async def test_a_known_account_is_the_same_member_and_keeps_its_name(
    session: AsyncSession, workspace: Workspace
) -> None:
    first = await enrol(session, workspace, contact())
    assert await enrol(session, workspace, contact(name="Somebody else", locale="de")) == first
    assert await count(session, "member") == 1


@pytest.mark.parametrize(
    "other", [contact("U2"), contact(tenant="T2"), contact(platform="telegram")], ids=["id", "tenant", "platform"]
)
async def test_another_account_is_another_member(session: AsyncSession, workspace: Workspace, other: Contact) -> None:
    first = await enrol(session, workspace, contact())
    assert (await enrol(session, workspace, other)).member_id != first.member_id


async def test_an_account_of_another_workspace_is_another_member(session: AsyncSession, workspace: Workspace) -> None:
    first = await enrol(session, workspace, contact(email="ana@acme.example"))
    other = await make_workspace(session)
    assert (await enrol(session, other, contact(email="ana@acme.example"))).member_id != first.member_id


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (contact("29:a", also=("aad-1",)), contact("aad-1")),
        (contact("aad-1"), contact("29:a", also=("aad-1",))),
        (contact("29:a", also=("aad-1",)), contact("29:b", also=("aad-1",))),
    ],
    ids=["by alias", "alias first", "new id"],
)
async def test_the_ids_of_one_account_lead_to_one_member(
    session: AsyncSession, workspace: Workspace, first: Contact, later: Contact
) -> None:
    person = await enrol(session, workspace, first)
    assert (await enrol(session, workspace, later)).member_id == person.member_id
    ids = [first.remote_id, *first.also, later.remote_id, *later.also]
    known = await queries.known(session, workspace_id=workspace.id, platform="slack", tenant="T1", remote_ids=ids)
    assert {found.member_id for found in known.values()} == {person.member_id}
    assert set(known) == set(ids)


async def test_the_id_that_can_be_written_to_is_the_one_last_heard_of(
    session: AsyncSession, workspace: Workspace
) -> None:
    person = await enrol(session, workspace, contact("aad-1"))
    await enrol(session, workspace, contact("29:a", also=("aad-1",)))
    accounts = await queries.accounts(
        session, [person.member_id], workspace_id=workspace.id, platform="slack", tenant="T1"
    )
    assert accounts == {person.member_id: "29:a"}


async def test_a_verified_email_joins_the_accounts_of_two_chats(session: AsyncSession, workspace: Workspace) -> None:
    person = await enrol(session, workspace, contact(email="ana@acme.example"))
    joined = await enrol(session, workspace, contact("29:a", platform="teams", email="ANA@acme.example"))
    assert joined.member_id == person.member_id
    assert (await enrol(session, workspace, contact("29:a", platform="teams"))).member_id == person.member_id
    assert (await enrol(session, workspace, contact("U9", email="luis@acme.example"))).member_id != person.member_id


async def test_a_member_who_was_merged_is_the_one_they_became(session: AsyncSession, workspace: Workspace) -> None:
    older, younger = (
        await enrol(session, workspace, contact("U1", email="ana@acme.example")),
        await enrol(session, workspace, contact("U2", email="ana@home.example")),
    )
    await session.execute(
        text("UPDATE member SET merged_into = :older WHERE id = :younger"),
        {"older": older.member_id, "younger": younger.member_id},
    )
    found = await enrol(session, workspace, contact("77", platform="telegram", email="ana@home.example"))
    assert found.member_id == older.member_id


async def test_a_provisional_member_becomes_a_member_by_speaking(session: AsyncSession, workspace: Workspace) -> None:
    named = await enrol(session, workspace, contact(name="U1"), is_provisional=True)
    assert named.is_provisional
    assert (await enrol(session, workspace, contact())).is_provisional
    greeted = await people.greet(session, named, workspace_id=workspace.id, locale="es")
    assert greeted == named._replace(is_provisional=False, locale="es")
    assert await queries.people(session, [named.member_id], workspace_id=workspace.id) == {named.member_id: greeted}
    # The language that is known already stays.
    assert await people.greet(session, greeted, workspace_id=workspace.id, locale="de") == greeted
    assert await queries.people(session, [named.member_id], workspace_id=workspace.id) == {named.member_id: greeted}


async def test_roles_and_leaving_are_told_with_a_person(session: AsyncSession, workspace: Workspace) -> None:
    member = await make_member(session, workspace)
    assert not await queries.has_admin(session, workspace_id=workspace.id)
    for _ in range(2):
        await people.make_admin(session, member.member_id, workspace_id=workspace.id)
    (person,) = (await queries.people(session, [member.member_id], workspace_id=workspace.id)).values()
    assert person.roles == ("member", "admin")
    assert person.is_admin
    assert await queries.has_admin(session, workspace_id=workspace.id)
    await session.execute(text("UPDATE member SET status = 'left'"))
    (person,) = (await queries.people(session, [member.member_id], workspace_id=workspace.id)).values()
    assert person.has_left
    assert not person.is_admin
    assert not await queries.has_admin(session, workspace_id=workspace.id)


async def test_an_erased_person_has_no_name_but_is_still_there(session: AsyncSession, workspace: Workspace) -> None:
    member = await make_member(session, workspace)
    await session.execute(text("DELETE FROM profile"))
    (person,) = (await queries.people(session, [member.member_id], workspace_id=workspace.id)).values()
    assert (person.name, person.locale) == ("", None)


async def test_nobody_is_known_by_an_unknown_account(session: AsyncSession, workspace: Workspace) -> None:
    await make_member(session, workspace, remote_id="U1")
    others: list[dict[str, Any]] = [{"tenant": "T2"}, {"platform": "teams"}, {"remote_ids": ["U2"]}, {"remote_ids": []}]
    for given in others:
        where: dict[str, Any] = {"platform": "slack", "tenant": "T1", "remote_ids": ["U1"], **given}
        assert await queries.known(session, workspace_id=workspace.id, **where) == {}
    assert await queries.people(session, [], workspace_id=workspace.id) == {}


@pytest.mark.parametrize("same", ["account", "email"])
async def test_twenty_first_contacts_at_once_are_one_member(database: Sessions, same: str) -> None:
    workspace, _ = await make_company(database, 0)

    async def first_contact(number: int) -> int:
        who = contact() if same == "account" else contact(f"U{number}", email="ana@acme.example")
        async with database.begin(workspace.id) as (session, _):
            return (await enrol(session, workspace, who)).member_id

    found = await asyncio.gather(*(first_contact(number) for number in range(20)))
    assert len(set(found)) == 1
    async with database.begin(workspace.id) as (session, _):
        assert await count(session, "member") == 1


async def test_a_line_is_the_private_chat_used_last_else_an_account_that_may_be_written_to(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva, leo = await make_members(session, workspace, 4)
    for member, remote_id in [(ana, "77"), (leo, "78")]:
        await session.execute(
            text(
                "INSERT INTO identity (workspace_id, platform, tenant, remote_id, member_id)"
                " VALUES (:workspace_id, 'telegram', '', :remote_id, :member_id)"
            ),
            {"workspace_id": workspace.id, "remote_id": remote_id, "member_id": member.member_id},
        )
    await make_place(
        session, workspace, remote_id="D-luis", kind="personal", member=luis, reference={"channel": "D-luis"}
    )
    await make_place(session, workspace, remote_id="D-ana", kind="personal", member=ana)
    await make_place(session, workspace, platform="telegram", tenant="", remote_id="77", kind="personal", member=ana)
    await session.execute(text("UPDATE conversation SET heard_at = now() - interval '1 day' WHERE remote_id = 'D-ana'"))

    async def lines() -> dict[int, tuple[str, str, object]]:
        everybody = [member.member_id for member in (ana, luis, eva, leo)]
        found = await queries.lines(session, everybody, workspace_id=workspace.id)
        assert len({line.member_id for line in found}) == len(found)
        return {line.member_id: (line.platform, line.remote_id, line.reference) for line in found}

    expected: dict[int, tuple[str, str, object]] = {
        ana.member_id: ("telegram", "77", {}),
        luis.member_id: ("slack", "D-luis", {"channel": "D-luis"}),
        # A chat that has to be opened first borrows what the adapter knows of the tenant.
        eva.member_id: ("slack", "", {"channel": "D-luis"}),
        leo.member_id: ("slack", "", {"channel": "D-luis"}),
    }
    assert await lines() == expected
    await people.leave_place(session, workspace_id=workspace.id, platform="telegram", tenant="", remote_id="77")
    assert await lines() == {**expected, ana.member_id: ("slack", "D-ana", {})}


async def test_who_has_only_telegram_and_never_wrote_has_no_line(session: AsyncSession, workspace: Workspace) -> None:
    member = await make_member(session, workspace, platform="telegram", tenant="", remote_id="77")
    await make_place(session, workspace, platform="telegram", tenant="", remote_id="-100", kind="group")
    assert await queries.lines(session, [member.member_id], workspace_id=workspace.id) == []


async def test_a_line_names_the_account_not_an_alias(session: AsyncSession, workspace: Workspace) -> None:
    person = await enrol(session, workspace, contact("29:a", platform="teams", also=("aad-1",)))
    (line,) = await queries.lines(session, [person.member_id], workspace_id=workspace.id)
    assert (line.platform, line.tenant, line.person, line.remote_id) == ("teams", "T1", "29:a", "")


async def test_a_private_account_leads_to_the_workspace_it_was_linked_in_last(
    session: AsyncSession, workspace: Workspace
) -> None:
    await enrol(session, workspace, contact("77", platform="telegram", tenant=""))
    other = await make_workspace(session)
    await enrol(session, other, contact("77", platform="telegram", tenant=""))
    await enter(session, 0, role="ops")
    await session.execute(
        text("UPDATE identity SET linked_at = now() - interval '1 day' WHERE workspace_id = :id"), {"id": other.id}
    )
    for remote_id, expected in [("77", [workspace.id, other.id]), ("78", [])]:
        found = await memberships.of_account(session, platform="telegram", tenant="", remote_id=remote_id)
        assert [each.workspace_id for each in found] == expected
    await memberships.choose(session, workspace_id=other.id, platform="telegram", tenant="", remote_id="77")
    found = await memberships.of_account(session, platform="telegram", tenant="", remote_id="77")
    assert [each.workspace_id for each in found] == [other.id, workspace.id]
