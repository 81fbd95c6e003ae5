"""Which workspace a delivery belongs to."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from bots import recognition, turns
from bots.chat import Account, Arrived, Incoming, Place, Pressed, Said
from bots.recognition import Home
from bots.views.places import CODE_VERB
from core.database import Sessions
from core.identity import service as identity

REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Homes:
    """Where people talk is remembered; whoever acts on a memory has it confirmed in the transaction of the effect
    (`turns.make_turn`) and calls `forget` if it no longer holds."""

    sessions: Sessions
    is_development: bool
    _remembered: dict[tuple[str, str, str], int] = field(default_factory=dict)

    async def of(self, incoming: Incoming) -> Home | None:
        """None for a place of no workspace. Raises a Refusal for a code that lets nobody in."""
        place = incoming.place
        is_plain = isinstance(incoming.act, Said) and not turns.asks_to_connect(incoming)
        known = self._remembered.get((place.platform, place.tenant, place.remote_id))
        if is_plain and known is not None:
            return Home(known, is_remembered=True)
        found = await self._found(incoming, place, incoming.sender)
        if is_plain and found is not None and found.is_bound:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[place.platform, place.tenant, place.remote_id] = found.workspace_id
        return found

    def forget(self, place: Place) -> None:
        self._remembered.pop((place.platform, place.tenant, place.remote_id), None)

    async def _found(self, incoming: Incoming, place: Place, sender: Account) -> Home | None:
        code = turns.invitation(incoming)
        async with self.sessions.begin(role="ops") as (session, _):
            home = await recognition.find_home(session, place)
            if home is None and turns.may_be_strangers(place):
                home = await _home_of_account(session, incoming)
            invited = await recognition.home_by_code(session, code, CODE_VERB) if code else None
            if invited is not None:
                return recognition.joined(invited, home)
            if home is not None or not turns.asks_to_connect(incoming):
                return home
            found = await recognition.home_of_admin(session, place, sender, is_development=self.is_development)
            if found is None and code:
                raise recognition.CodeInvalid
            return found


async def _home_of_account(session: AsyncSession, incoming: Incoming) -> Home | None:
    """A code that links leads to its workspace whoever has none, or has not said which."""
    token = incoming.act.token if isinstance(incoming.act, Pressed) else ""
    if isinstance(incoming.act, Arrived):
        token = incoming.act.payload
    link_code = turns.link_code(incoming)
    try:
        home = await recognition.home_of_account(
            session, incoming.place, incoming.sender, chosen=turns.chosen_workspace(incoming), token=token
        )
    except recognition.ChooseWorkspace:
        if not link_code:
            raise
        home = None
    if home is not None or not link_code:
        return home
    return Home((await identity.find_code(session, link_code)).workspace_id)
