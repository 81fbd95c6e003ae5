"""What a member chose, as it is now."""

from bots.views.forms import opening
from bots.views.scene import Scene
from cards import settings as cards
from cards.model import Card
from cards.settings import SettingsView
from core.leaderboards import queries as leaderboards
from core.people import preferences


async def form(scene: Scene) -> Card:
    return cards.form(scene.words, await _view(scene), await opening(scene))


async def kept(scene: Scene) -> Card:
    return cards.kept(scene.words, await _view(scene))


async def _view(scene: Scene) -> SettingsView:
    held = await preferences.get(scene.session, scene.reference["reader"], workspace_id=scene.home.id)
    is_quiet = held.quiet_from is not None and held.quiet_to is not None
    return SettingsView(
        language=held.locale or "",
        zone=held.time_zone or "",
        workspace=scene.home.name,
        zone_now=held.time_zone or scene.home.time_zone,
        quiet=f"{held.quiet_from:%H:%M}–{held.quiet_to:%H:%M}" if is_quiet else "",
        wants_notices=held.wants_notices,
        is_ranked=not await leaderboards.hides(scene.session, scene.reference["reader"], workspace_id=scene.home.id),
    )
