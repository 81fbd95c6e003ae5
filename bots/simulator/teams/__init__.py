"""Microsoft Teams as a bot sees it: the Bot Connector's REST API, its token service, and a Teams client."""

from bots.simulator.teams.client import Said, TeamsSimulator
from bots.simulator.teams.dialogs import Dialog
from bots.simulator.teams.presses import Invoked
from bots.simulator.teams.tokens import Forgery

__all__ = ["Dialog", "Forgery", "Invoked", "Said", "TeamsSimulator"]
