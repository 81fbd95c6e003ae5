"""Messages about what a day or a week came to."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bots.views.kudos import views_of
from bots.views.scene import Scene
from cards import digests as cards
from cards.digests import BirthdayView, DigestView, Figures, Step, StreakView, WonView
from cards.model import Card
from core.clock import today
from core.digests import queries
from core.digests.models import WEEKLY
from core.digests.service import celebrated
from core.kudos.queries import praised

PRAISED_MAX = 3
PICTURES = "/pictures/podiums/"


async def card(scene: Scene) -> Card | None:
    """As it is now: what was taken back since is not told. None if that was all."""
    session, home = scene.session, scene.home
    digest = await queries.get(session, scene.reference["digest"], workspace_id=home.id)
    if digest is None:
        return None
    spell = queries.Spell(home.id, digest.since, digest.until)
    zone = ZoneInfo(home.time_zone)
    first, until = today(digest.since, zone), today(digest.until, zone)
    coming = celebrated(home, digest.since, digest.until)
    podium = await queries.podium(session, spell)
    stories = await praised(session, limit=PRAISED_MAX, **spell._asdict())
    won = await queries.won(session, spell)
    birthdays = await queries.birthdays(session, workspace_id=home.id, first=coming[0], last=coming[1])
    streaks = await queries.streaks(session, workspace_id=home.id, first=first, last=until - timedelta(days=1))
    figures = await queries.figures(session, spell)
    if not (figures.kudos or figures.awards or birthdays or scene.is_posted):
        return None
    people = await scene.people(_named(podium, won, birthdays, streaks))
    view = DigestView(
        is_weekly=digest.kind == WEEKLY,
        since=digest.since,
        until=digest.until,
        zone=home.time_zone,
        figures=Figures(*figures),
        podium=tuple(Step(each.rank, people[each.member_id], each.kudos) for each in podium),
        praised=await views_of(scene, stories),
        won=tuple(
            WonView(each.name, each.emoji, each.awards, tuple(people[member_id] for member_id in each.member_ids))
            for each in won
        ),
        birthdays=tuple(BirthdayView(people[each.member_id], each.on) for each in birthdays),
        streaks=tuple(StreakView(people[each.member_id], each.days) for each in streaks),
        picture=f"{scene.public_url}{PICTURES}{digest.public_id}.png" if scene.public_url and podium else "",
    )
    return cards.digest(scene.words, view)


def _named(
    podium: Sequence[queries.Placed],
    won: Sequence[queries.Won],
    birthdays: Sequence[queries.Birthday],
    streaks: Sequence[queries.Streak],
) -> list[int]:
    ids = [each.member_id for each in podium] + [each.member_id for each in birthdays]
    return ids + [each.member_id for each in streaks] + [member_id for each in won for member_id in each.member_ids]
