"""Who and what the samples of cards are about."""

from datetime import UTC, datetime

from cards.people import Person

MADRID = "Europe/Madrid"
NOW = datetime(2025, 11, 19, 9, 30, tzinfo=UTC)
MONDAY = datetime(2025, 11, 16, 23, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2025, 11, 23, 23, 0, tzinfo=UTC)

ANA, LUIS, INES, ZOE = (
    Person(1, "Ana García"),
    Person(2, "Luis Peña"),
    Person(3, "Inés <Admin> *QA*"),
    Person(4, "李小龍"),
)
CROWD = tuple(Person(100 + number, f"Colleague {number}") for number in range(1, 51))
MESSAGE = (
    "Thank you for staying late to fix the build 🎉\nand for explaining it to all of us, @here <b>really</b> *well*."
)
