"""`pytest --all` also runs the tests marked `product`: full products of options, minutes long."""

import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the full products of options too (half an hour)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all"):
        return
    for item in items:
        if item.get_closest_marker("product"):
            item.add_marker(pytest.mark.skip(reason="a full product of options; run with --all"))


@pytest.fixture(autouse=True, scope="session")
def hears_ctrl_c():
    """Shells start what runs in the background with Ctrl-C ignored, and tests that send it would wait for ever."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
