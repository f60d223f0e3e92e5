"""Fixtures for pytest, for whoever tests against the mocks: nothing is imported before one of them is used.

``mock_channels`` is a world of its own for each test, within the process; ``mock_server`` is a process with a real port, started
once and emptied for each test. ``mock_channel_keys`` is the folder that both take their keys from.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mocks.process import MockServer
    from mocks.world import World


@pytest.fixture(scope="session")
def mock_channel_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of keys of every mock channel, as ``python -m mocks --keys`` takes it; made at its first use."""
    return tmp_path_factory.mktemp("mock_channel_keys")


@pytest.fixture
def mock_channels(mock_channel_keys: Path) -> "World":
    """Return a world with empty books; ``mocks.doors`` has the transports that lead into it."""
    from mocks.opening import open_world  # noqa: PLC0415  a plugin that is not used costs nothing

    return open_world(mock_channel_keys)


@pytest.fixture(scope="session")
def _mock_process(mock_channel_keys: Path) -> Iterator["MockServer"]:
    from mocks.process import running  # noqa: PLC0415  the same

    with running(mock_channel_keys) as server:
        yield server


@pytest.fixture
def mock_server(_mock_process: "MockServer") -> "MockServer":
    """Return a mock server on a real port, with empty books."""
    _mock_process.control("reset")
    return _mock_process
