"""What the jobs of badges do, by the name under which the schedule asks for it."""

import core.digests.service  # noqa: F401 - its jobs register themselves


def fill() -> None:
    """Tell the schedule what this process can do; to be called before any job is run."""
