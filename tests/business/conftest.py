"""A journal on each database, with a clock that the tests move."""

import pytest

from payment_channels.journal import Journal, KeyRing, Store
from tests.business.ticking import Ticking
from tests.journal.conftest import postgres_address, store  # noqa: F401  the same databases


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(store: Store, clock: Ticking) -> Journal:  # noqa: F811  the fixture of that name
    return Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
