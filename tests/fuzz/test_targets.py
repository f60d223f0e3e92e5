"""The fuzz targets in the suite: a bounded number of arbitrary bytes, and of seeds with a few bytes changed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.target import Target, refusing
from tests.fuzz.targets import TARGETS

quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", sorted(TARGETS))
@quiet
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    content = bytearray(data.draw(st.binary(max_size=300) | st.sampled_from(target.seeds)))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=4)):
        if content:
            content[place % len(content)] = value
    target.run(bytes(content))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_seeds_and_the_extremes(name: str) -> None:
    target = TARGETS[name]
    for content in (*target.seeds, b"", b"\x00", b"\xff" * 300, b"[" * 3000, b"<a>" * 3000, b"9" * 5000, b'{"a":' * 2000):
        target.run(content)


def test_a_target_notices_an_error_that_is_not_documented() -> None:
    def parse(data: bytes) -> None:
        if data == b"x":
            raise ZeroDivisionError

    broken = Target("broken", refusing(parse, ValueError), (b"x",))
    with pytest.raises(ZeroDivisionError):
        broken.run(broken.seeds[0])
