"""The second part of the story: what Plaudit does by itself. The demo passes the clock on, as nobody wants to wait for Friday."""

from datetime import timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots.demo.company import TIME_ZONE
from bots.demo.story import Step, Story, Unexpected
from core.activities import service as activities
from core.activities.models import ATTENDANCE
from core.activities.service import Presence
from core.badges import drawing, importing
from core.badges.definition.reading import read
from core.draws import proof, queries
from core.rules import service as rules
from core.schedule import queries as jobs
from core.schedule import service as schedule

BORN_TODAY = text("""
UPDATE profile SET birth_month = extract(month FROM local.day), birth_day = extract(day FROM local.day)
FROM workspace, LATERAL (SELECT now() AT TIME ZONE workspace.time_zone AS day) AS local
WHERE profile.workspace_id = workspace.id AND workspace.id = :workspace_id AND profile.member_id = :member_id
""")
MEMBER = text("SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND display_name = :name")
WORKSPACE = text("SELECT id FROM workspace")
NOTICE = timedelta(minutes=11)
SATURDAY = 5


async def bring_badges(story: Story) -> None:
    """As `plaudit import badges` does."""
    found = read(files("bots.demo").joinpath("quillmoor.json").read_bytes())
    workspace_id = await _workspace(story)
    async with story.stage.sessions.begin(workspace_id) as (session, _):
        planned = await importing.plan(session, found, workspace_id=workspace_id)
        if planned.faults:
            raise Unexpected(f"the badges of the demo have faults: {planned.faults}")
        await importing.apply(session, planned)
    names = ", ".join(each.reward for each in found.definitions)
    story.screen.note(f"plaudit import badges quillmoor.json --apply: {len(planned.new)} new badges ({names}).")


async def award(story: Story) -> None:
    stage = story.stage
    words = '@[Priya Nair] "Above and beyond" for rebuilding the on-call rota over a weekend'
    await stage.slack.slash(story.person("Ana"), stage.slack_channel, "/badge", words)


async def congratulate(story: Story) -> None:
    """The birthday is today, and the job is run as at nine in the morning."""
    workspace_id = await _workspace(story)
    async with story.stage.sessions.begin(workspace_id) as (session, _):
        mei = await _member(session, workspace_id, story.person("Mei").name)
        await session.execute(BORN_TODAY, {"workspace_id": workspace_id, "member_id": mei})
    await _run(story, workspace_id, "birthdays")


async def attend(story: Story) -> None:
    """Monday to Friday of the last week that is over, as a terminal at the door would tell it."""
    workspace_id = await _workspace(story)
    async with story.stage.sessions.begin(workspace_id) as (session, now):
        luis = await _member(session, workspace_id, story.person("Luis").name)
        today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
        ended = 0 if today.weekday() >= SATURDAY else 7
        monday = today - timedelta(days=today.weekday() + ended)
        week = [Presence(luis, monday + timedelta(days=day)) for day in range(5)]
        await activities.attend(session, workspace_id=workspace_id, days=week, source="door", now=now)
        await rules.touch(session, workspace_id=workspace_id, members=[luis], types={ATTENDANCE}, now=now)


async def draw(story: Story) -> None:
    """Sealed first; ten minutes later drawn, paid, told, and proven from its record alone."""
    stage, workspace_id = story.stage, await _workspace(story)
    await _run(story, workspace_id, "friday_coffee")
    await story.show()
    story.screen.note("Ten minutes later:")
    async with stage.sessions.begin(workspace_id) as (session, now):
        held = await queries.named(session, "Friday coffee", workspace_id=workspace_id)
        if held is None:
            raise Unexpected("no draw was opened")
        for moment in (now + NOTICE, now):  # drawn as at its time, then paid
            await drawing.advance(session, workspace_id=workspace_id, draw_id=held.id, now=moment)
        record = await queries.record(session, held)
    await story.show()
    checked = proof.examine(record)
    if wrong := [what for what, fault in checked if fault]:
        raise Unexpected(f"the draw is not proven: {wrong}")
    story.screen.note("plaudit draw verify record.json: " + "; ".join(what for what, _ in checked) + ".")


async def set_out(story: Story) -> None:
    stage, ana = story.stage, story.person("Ana")
    await stage.slack.slash(ana, stage.slack_channel, "/journey", 'enroll "Welcome aboard" @[Tom Okafor]')
    await story.show()
    await stage.slack.slash(ana, stage.slack_channel, "/journey", 'tick "Say hello" @[Tom Okafor]')
    await stage.slack.slash(ana, stage.slack_channel, "/journey", 'tick "Meet your buddy" @[Tom Okafor]')


async def digest(story: Story) -> None:
    """Each of the three conversations gets the digest of the week, with its podium where pictures can be fetched."""
    workspace_id = await _workspace(story)
    await _run(story, workspace_id, "weekly_digest", ahead=timedelta(days=7))


async def _run(story: Story, workspace_id: int, name: str, *, ahead: timedelta = timedelta()) -> None:
    """As `plaudit jobs run` does."""
    sessions = story.stage.sessions
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        await schedule.reconcile(session, now=now)
    async with sessions.begin(workspace_id, statement_seconds=60) as (session, now):
        [job] = await jobs.named(session, name, workspace_id=workspace_id)
        ran = await schedule.run_by_hand(session, workspace_id=workspace_id, name=job, key="demo", now=now + ahead)
    if ran is None or ran.error:
        raise Unexpected(f"the job {name} did not run: {ran}")
    story.screen.note(f"plaudit jobs run {name}")


async def _workspace(story: Story) -> int:
    async with story.stage.sessions.begin(role="ops") as (session, _):
        return int((await session.execute(WORKSPACE)).scalar_one())


async def _member(session: AsyncSession, workspace_id: int, name: str) -> int:
    return int((await session.execute(MEMBER, {"workspace_id": workspace_id, "name": name})).scalar_one())


BY_ITSELF = (
    Step(
        "The company brings in its badges",
        "A file says which there are and when they are won; every fault would be named with its path before anything is written.",
        bring_badges,
    ),
    Step(
        "Ana gives Priya a badge",
        "By its name, in one line. Once a month for each person, however many ask at once.",
        award,
    ),
    Step(
        "It is Mei's birthday",
        "Every morning at nine, whoever has birthday in the company's own zone gets a badge and 25 points. Once a year.",
        congratulate,
    ),
    Step(
        "Luis was there all week",
        "The door tells who came. The badge comes as soon as the week is full, and its card says why.",
        attend,
    ),
    Step(
        "The Friday coffee is drawn",
        "Among those of two departments who stayed three months. List and seed are sealed before anybody can know who wins, and the"
        " record proves it without our database.",
        draw,
    ),
    Step(
        "Tom comes aboard",
        "A journey, step by step. Some steps are noticed by themselves, others a coordinator ticks.",
        set_out,
    ),
    Step(
        "What the week came to",
        "On Monday mornings, in every connected conversation. A channel that wants to hear less has a digest a day instead of every"
        " card: /admin mode digest.",
        digest,
    ),
)
