import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The storm lasts longest, so it begins first and the other tests go on beside it."""
    items.sort(key=lambda item: "tests/storm/" not in item.nodeid)
