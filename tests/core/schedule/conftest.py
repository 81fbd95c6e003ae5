"""What is registered in a test is forgotten after it."""

from collections.abc import Iterator

import pytest

from core.schedule import registry


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    built_in, effects = dict(registry.built_in), dict(registry.effects)
    registry.built_in.clear()
    registry.effects.clear()
    yield
    registry.built_in.clear()
    registry.effects.clear()
    registry.built_in.update(built_in)
    registry.effects.update(effects)
