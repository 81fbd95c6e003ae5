"""What the jobs of badges do, by the name under which the schedule asks for it."""

from core.badges import drawing
from core.schedule import registry


def fill() -> None:
    """Tell the schedule what this process can do; to be called before any job is run."""
    registry.effects[registry.DRAW] = drawing.open_for_badge
