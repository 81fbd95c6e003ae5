"""People from a CSV file: every fault with its line, nothing half-done, an upsert by address and then by account."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.people import service as people
from core.people.importing.apply import HasFaults, apply, hold
from core.people.importing.cells import Fault
from core.people.importing.plan import Plan, plan
from core.people.importing.sheet import read
from core.people.models import Member, PlatformIdentity, Profile, Workspace
from core.people.service import Contact
from tests.factories import make_company, make_member, make_workspace

HEADING = (
    "email,name,locale,time_zone,job_code,department,location,groups,programs,manager,hire_date,birthday,status,roles,"
    "teams_id,slack_id,telegram_id,attributes.shirt"
)


def faults_of(content: str | bytes) -> list[tuple[int, str, str, str]]:
    given = content if isinstance(content, bytes) else content.encode()
    return [(fault.line, fault.column, fault.value, fault.code) for fault in read(given).faults]


async def planned(session: AsyncSession, workspace: Workspace, content: str) -> Plan:
    return await plan(session, read(content.encode()), workspace_id=workspace.id)


async def imported(session: AsyncSession, workspace: Workspace, content: str) -> Plan:
    made = await planned(session, workspace, content)
    assert made.faults == ()
    await apply(session, made)
    return made


def found(made: Plan) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.code) for fault in made.faults]


async def person(session: AsyncSession, workspace: Workspace, name: str) -> Mapping[str, Any]:
    """A member and their profile, by display name."""
    columns = [
        *Member.__table__.columns,
        *(column for column in Profile.__table__.columns if column.name != "workspace_id"),
    ]
    rows = await session.execute(
        select(*columns)
        .join(Profile, (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id))
        .where(Member.workspace_id == workspace.id, Profile.display_name == name)
    )
    return dict(rows.mappings().one())


async def accounts(session: AsyncSession, member_id: int) -> set[tuple[str, str, str]]:
    rows = await session.execute(
        select(PlatformIdentity.platform, PlatformIdentity.tenant, PlatformIdentity.remote_id).where(
            PlatformIdentity.member_id == member_id
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


CELLS = (
    ("email", "ana@", "email"),
    ("email", "ana.example.com", "email"),
    ("email", "a b@example.com", "email"),
    ("email", "ana@example.com, luis@example.com", "email"),
    ("locale", "spanish please", "locale"),
    ("time_zone", "Europe/Madird", "time_zone"),
    ("time_zone", "CEST+1", "time_zone"),
    ("manager", "the boss", "email"),
    ("hire_date", "01/02/2024", "date"),
    ("hire_date", "2024-02-30", "date"),
    ("hire_date", "20240201", "date"),
    ("hire_date", "0024-02-01", "date"),
    ("birthday", "30-02", "birthday"),
    ("birthday", "2023-02-29", "birthday"),
    ("birthday", "1 May", "birthday"),
    ("status", "retired", "status"),
    ("status", "-", "not_clearable"),
    ("name", "-", "not_clearable"),
    ("roles", "member;boss", "role"),
    ("department", "x" * 201, "too_long"),
    ("groups", ";".join(map(str, range(51))), "too_many"),
    ("attributes.shirt", "x" * 201, "too_long"),
    ("slack_id", "ana", "account"),
    ("slack_id", "-", "not_clearable"),
    ("teams_id", "ana@example.com", "account"),
    ("telegram_id", "1.2E+09", "account"),
    ("telegram_id", "@ana", "account"),
)


@pytest.mark.parametrize(("column", "value", "code"), CELLS)
def test_cell_that_its_column_cannot_hold(column: str, value: str, code: str) -> None:
    key, known = ("email", "ana@example.com") if column == "slack_id" else ("slack_id", "U00001")
    heading, cells = f"{key},{column}", f'{known},"{value}"'
    (fault,) = read(f"{heading}\n\n{cells}\n".encode()).faults
    assert (fault.line, fault.column, fault.code) == (3, column, code)
    assert fault.value == value or (fault.value.endswith("…") and len(fault.value) <= 40)


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("email", "Ana@Example.COM", "ana@example.com"),
        ("locale", "pt_BR", "pt-BR"),
        ("time_zone", "europe/madrid", "Europe/Madrid"),
        ("birthday", "02-29", (None, 2, 29)),
        ("birthday", "1988-02-29", (1988, 2, 29)),
        ("roles", "admin; Manager", ["member", "manager", "admin"]),
        ("groups", " choir ; football;;choir", ["choir", "football"]),
        ("groups", "-", []),
        ("department", "-", None),
        ("department", '=HYPERLINK(""x"")', '=HYPERLINK("x")'),
        ("location", "@home", "@home"),
        ("job_code", "+1", "+1"),
        ("job_code", "-1", "-1"),
        ("name", "  Ana\u202e\x00 María ", "Ana María"),
    ],
)
def test_cell_as_it_is_kept(column: str, value: str, kept: object) -> None:
    sheet = read(f'slack_id,{column}\nU00001,"{value}"\n'.encode())
    assert sheet.faults == ()
    assert sheet.rows[0].values[column] == kept


@pytest.mark.parametrize(
    "content",
    [
        "email,name\nana@example.com,Ana\n".encode("utf-8-sig"),
        b"Email;NAME\r\nana@example.com;Ana",
        b'"email",name,,\nana@example.com,Ana,,\n\n,,,\n',
    ],
)
def test_ways_to_write_the_same_file(content: bytes) -> None:
    sheet = read(content)
    assert sheet.faults == ()
    assert [row.values for row in sheet.rows] == [{"email": "ana@example.com", "name": "Ana"}]


def test_line_numbers_count_what_an_editor_shows() -> None:
    content = 'email,name,department\nana@example.com,Ana,"two\nlines"\n\nluis@,Luis,\neva@example.com,Eva,a,b\n'
    assert faults_of(content) == [(5, "email", "luis@", "email"), (6, "", "b", "no_column")]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b"", [(1, "", "", "empty")]),
        (b"email,name\n", [(1, "", "", "empty")]),
        (b"name,department\nAna,Sales\n", [(1, "", "", "no_key_column"), (2, "", "", "no_key")]),
        (b"email,name\n,Ana\n", [(2, "", "", "no_key")]),
        (b"email,name\nana@example.com,Ana\n\xff\n", [(3, "", "", "not_utf8")]),
        (b'email,name\nana@example.com,"Ana"x\n', [(2, "", "", "not_csv")]),
        (b"email,naem\nana@example.com,Ana\n", [(1, "naem", "", "column_unknown")]),
        (b"email,name,Name\nana@example.com,Ana,A\n", [(1, "Name", "", "column_twice")]),
        (b"email,name\nana@example.com,Ana\nANA@example.com,A\n", [(3, "email", "ana@example.com", "twice")]),
    ],
)
def test_file_that_is_no_list_of_people(content: bytes, faults: list[tuple[int, str, str, str]]) -> None:
    assert faults_of(content) == faults


def test_unknown_column_is_told_the_nearest() -> None:
    (fault,) = read(b"email,naem\nana@example.com,Ana\n").faults
    assert fault.details == {"nearest": "name"}


async def test_every_column_arrives(session: AsyncSession, workspace: Workspace) -> None:
    await people.bind(session, workspace_id=workspace.id, platform="slack", tenant="T1")
    content = (
        f"{HEADING}\n"
        "ana@example.com,Ana,es,Europe/Madrid,DEV1,Engineering,Madrid,choir;football,mentoring,luis@example.com,2020-02-03,"
        "02-29,leave,coordinator,entra-tenant/0f8fad5b-d9cb-469f-a165-70867728950e,U0ANA,telegram-bot/1001,M\n"
        "luis@example.com,Luis,,,,,,,,,,,,,,,,\n"
    )
    made = await imported(session, workspace, content)
    assert (len(made.new), len(made.changed), made.unchanged) == (2, 0, 0)
    ana, luis = await person(session, workspace, "Ana"), await person(session, workspace, "Luis")
    expected = {
        "email": "ana@example.com", "locale": "es", "time_zone": "Europe/Madrid", "job_code": "DEV1", "department": "Engineering",
        "location": "Madrid", "groups": ["choir", "football"], "programs": ["mentoring"], "birth_year": None, "birth_month": 2,
        "birth_day": 29, "status": "leave", "roles": ["member", "coordinator"], "manager_id": luis["id"],
        "attributes": {"shirt": "M"}, "is_provisional": False,
    }  # fmt: skip
    assert {name: ana[name] for name in expected} == expected
    assert str(ana["hire_date"]) == "2020-02-03"
    assert await accounts(session, ana["id"]) == {
        ("teams", "entra-tenant", "0f8fad5b-d9cb-469f-a165-70867728950e"), ("slack", "T1", "U0ANA"), ("telegram", "telegram-bot", "1001"),
    }  # fmt: skip
    assert (luis["status"], luis["roles"], luis["groups"], luis["attributes"]) == ("active", ["member"], [], {})
    again = await planned(session, workspace, content)
    assert (len(again.new), len(again.changed), again.unchanged, again.faults) == (0, 0, 2, ())


async def test_empty_cells_keep_and_a_dash_clears(session: AsyncSession, workspace: Workspace) -> None:
    await imported(session, workspace, "email,name,department,groups,birthday,attributes.shirt,attributes.size,manager\n"
                   "boss@example.com,Boss,,,,,,\nana@example.com,Ana,Sales,choir,1990-05-06,M,42,boss@example.com\n")  # fmt: skip
    made = await imported(session, workspace, "email,name,department,groups,birthday,attributes.shirt,attributes.size,manager\n"
                          "ana@example.com,,,-,-,-,,-\n")  # fmt: skip
    assert made.changed[0].changes == [
        "groups",
        "birth_year",
        "birth_month",
        "birth_day",
        "attributes.shirt",
        "manager",
    ]
    ana = await person(session, workspace, "Ana")
    assert (ana["department"], ana["groups"], ana["birth_month"], ana["manager_id"]) == ("Sales", [], None, None)
    assert ana["attributes"] == {"size": "42"}
    assert (await person(session, workspace, "Boss"))["status"] == "active", "who is not in the file stays as they are"


async def test_account_finds_the_member_whose_address_nobody_knew(session: AsyncSession, workspace: Workspace) -> None:
    provisional = await people.enrol(
        session, Contact("slack", "T1", "U0ANA", "ana"), workspace_id=workspace.id, is_provisional=True
    )
    made = await imported(session, workspace, "email,name,slack_id\nana@example.com,Ana María,T1/U0ANA\n")
    assert (len(made.new), len(made.changed)) == (0, 1)
    ana = await person(session, workspace, "Ana María")
    assert (ana["id"], ana["email"], ana["is_provisional"]) == (provisional.member_id, "ana@example.com", False)


async def test_address_finds_the_member_and_the_account_is_added(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace, "Ana", remote_id="U0ANA", email="ana@example.com")
    await imported(session, workspace, "email,telegram_id,status\nANA@example.com,bot/77,left\n")
    assert (await person(session, workspace, "Ana"))["status"] == "left"
    assert await accounts(session, ana.member_id) == {("slack", "T1", "U0ANA"), ("telegram", "bot", "77")}
    by_account = Contact("telegram", "bot", "77", "Ana T.")
    assert (
        await people.enrol(session, by_account, workspace_id=workspace.id, is_provisional=False)
    ).member_id == ana.member_id


async def test_rows_for_a_merged_member_reach_the_one_who_lives_on(session: AsyncSession, workspace: Workspace) -> None:
    younger = await make_member(session, workspace, "Ana young", email="young@example.com")
    older = await make_member(session, workspace, "Ana", email="ana@example.com")
    merged = text("UPDATE member SET merged_into = :older WHERE id = :younger")
    await session.execute(merged, {"older": older.member_id, "younger": younger.member_id})
    await imported(session, workspace, "email,department\nyoung@example.com,Sales\n")
    ana = await person(session, workspace, "Ana")
    assert (ana["department"], ana["email"]) == ("Sales", "ana@example.com")


async def test_faults_that_only_the_workspace_can_tell(session: AsyncSession, workspace: Workspace) -> None:
    for tenant in ("T1", "T2"):
        await people.bind(session, workspace_id=workspace.id, platform="slack", tenant=tenant)
    await make_member(session, workspace, "Ana", remote_id="U0ANA", email="ana@example.com")
    await make_member(session, workspace, "Luis", remote_id="U0LUIS", email="luis@example.com")
    await make_member(session, workspace, "Kai", remote_id="U0KAI")
    made = await planned(
        session,
        workspace,
        "email,name,manager,slack_id,telegram_id\n"
        "ana@example.com,Ana,nobody@example.com,T1/U0KAI,\n"
        "new@example.com,,,,\n"
        "eva@example.com,Eva,,U0EVA,\n"
        "tom@example.com,Tom,,,99\n"
        "mia@example.com,Mia,,T1/U0MIA,\n"
        "leo@example.com,Leo,,T1/U0MIA,\n"
        "luis@example.com,Luis,,,\n"
        ",Luis,,T1/U0LUIS,\n",
    )
    assert sorted(found(made)) == [
        (2, "manager", "manager_unknown"),
        (2, "slack_id", "account_taken"),
        (3, "name", "name_missing"),
        (4, "slack_id", "tenants_many"),
        (5, "telegram_id", "tenant_none"),
        (7, "slack_id", "twice"),
        (9, "", "same_member"),
    ]
    with pytest.raises(HasFaults):
        await apply(session, made)


async def test_managers_in_a_circle(session: AsyncSession, workspace: Workspace) -> None:
    await imported(
        session,
        workspace,
        "email,name,manager\na@example.com,A,\nb@example.com,B,a@example.com\nc@example.com,C,b@example.com\n",
    )
    through_known = await planned(session, workspace, "email,manager\na@example.com,c@example.com\n")
    assert [(fault.line, fault.code, fault.details) for fault in through_known.faults] == [
        (2, "manager_cycle", {"people": 3})
    ]
    among_new = "email,name,manager\nx@example.com,X,y@example.com\ny@example.com,Y,x@example.com\nz@example.com,Z,z@example.com\n"
    assert found(await planned(session, workspace, among_new)) == [
        (line, "manager", "manager_cycle") for line in (2, 3, 4)
    ]
    turned = "email,manager\na@example.com,c@example.com\nb@example.com,-\n"
    await imported(session, workspace, turned)
    assert (await person(session, workspace, "A"))["manager_id"] == (await person(session, workspace, "C"))["id"]


async def test_manager_whose_own_line_has_a_fault_is_not_unknown(session: AsyncSession, workspace: Workspace) -> None:
    made = await planned(
        session, workspace, "email,name,manager,status\na@example.com,A,b@example.com,\nb@example.com,B,,gone\n"
    )
    assert found(made) == [(3, "status", "status")]


async def test_other_workspaces_are_other_people(session: AsyncSession, workspace: Workspace) -> None:
    await make_member(session, workspace, "Ana", remote_id="U0ANA", email="ana@example.com")
    other = await make_workspace(session)
    made = await imported(session, other, "email,name,slack_id\nana@example.com,Another Ana,T1/U0ANA\n")
    assert len(made.new) == 1


async def test_erased_member_comes_back_with_a_name(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace, "Ana", remote_id="U0ANA")
    await session.execute(text("DELETE FROM profile WHERE member_id = :id"), {"id": ana.member_id})
    assert found(await planned(session, workspace, "slack_id,department\nT1/U0ANA,Sales\n")) == [
        (2, "name", "name_missing")
    ]
    await imported(session, workspace, "slack_id,name,department\nT1/U0ANA,Ana again,Sales\n")
    assert (await person(session, workspace, "Ana again"))["id"] == ana.member_id


async def test_ten_thousand_people_in_seconds(session: AsyncSession, workspace: Workspace) -> None:
    await people.bind(session, workspace_id=workspace.id, platform="slack", tenant="T1")
    rows = (
        f"p{number}@example.com,Person {number},U{number:06},Team {number % 50},p{number // 10}@example.com,choir;x,1990-01-01"
        for number in range(1, 10_001)
    )
    content = "\n".join(
        ["email,name,slack_id,department,manager,groups,birthday", "p0@example.com,Boss,U000000,,,,", *rows]
    )
    began = time.monotonic()
    made = await imported(session, workspace, content)
    again = await planned(session, workspace, content)
    print(f"10,001 people: {time.monotonic() - began:.1f} s for plan, apply and plan")
    assert (len(made.new), again.unchanged) == (10_001, 10_001)
    managed = await session.scalar(
        text("SELECT count(manager_id) FROM member WHERE workspace_id = :w"), {"w": workspace.id}
    )
    assert managed == 10_000


async def test_first_contact_during_an_import_finds_the_imported(database: Sessions) -> None:
    workspace, _ = await make_company(database, 0)
    is_written = asyncio.Event()

    async def bring_in() -> None:
        async with database.begin(workspace.id) as (session, _):
            await hold(session, workspace_id=workspace.id)
            await imported(session, workspace, "email,name,slack_id\nana@example.com,Ana,T1/U0ANA\n")
            is_written.set()
            await asyncio.sleep(0.3)  # so that the first contact arrives before the import is committed

    async def say_hello() -> int:
        await is_written.wait()
        async with database.begin(workspace.id) as (session, _):
            contact = Contact("slack", "T1", "U0ANA", "ana")
            return (await people.enrol(session, contact, workspace_id=workspace.id, is_provisional=False)).member_id

    _, member_id = await asyncio.gather(bring_in(), say_hello())
    async with database.begin(workspace.id) as (session, _):
        assert (await person(session, workspace, "Ana"))["id"] == member_id
        assert (
            await session.scalar(text("SELECT count(*) FROM member WHERE workspace_id = :w"), {"w": workspace.id}) == 1
        )


async def test_change_made_meanwhile_elsewhere_is_kept(session: AsyncSession, workspace: Workspace) -> None:
    await imported(session, workspace, "email,name,department,attributes.a\nana@example.com,Ana,Sales,1\n")
    made = await planned(session, workspace, "email,location,attributes.b\nana@example.com,Madrid,2\n")
    await session.execute(text("UPDATE profile SET department = 'Support', attributes = '{\"a\": \"3\"}'"))
    await apply(session, made)
    ana = await person(session, workspace, "Ana")
    assert (ana["department"], ana["location"], ana["attributes"]) == ("Support", "Madrid", {"a": "3", "b": "2"})


def test_fault_carries_figures_not_sentences() -> None:
    (fault,) = read(b"email,status\nana@example.com,gone\n").faults
    assert fault == Fault(2, "status", "gone", "status", {"allowed": ["active", "leave", "left"]})
