"""The three platforms' own APIs on loopback, and people who use them. Made without the platforms' SDKs, so that it cannot
share their misunderstandings. Imported by the demo and by tests only."""

from bots.simulator.clock import Clock, Ids
from bots.simulator.courier import Courier, Delivery, Raw
from bots.simulator.loopback import Call, Faults
from bots.simulator.slack import SlackSimulator
from bots.simulator.teams import TeamsSimulator
from bots.simulator.telegram import TelegramSimulator
from bots.simulator.transcript import Entry, Message, Transcript
from bots.simulator.world import Conversation, Person, UnknownName, World, example_world

__all__ = [
    "Call",
    "Clock",
    "Conversation",
    "Courier",
    "Delivery",
    "Entry",
    "Faults",
    "Ids",
    "Message",
    "Person",
    "Raw",
    "SlackSimulator",
    "TeamsSimulator",
    "TelegramSimulator",
    "Transcript",
    "UnknownName",
    "World",
    "example_world",
]
