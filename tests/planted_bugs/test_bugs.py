"""The planted faults are kept fit to be planted; whether the tests catch them, ``make planted-bugs`` says."""

from collections import Counter

import pytest

from tests.planted_bugs.bug import Bug
from tests.planted_bugs.bugs import BUGS
from tests.planted_bugs.run import ROOT, applies


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_fault_can_still_be_planted_and_its_tests_are_there(bug: Bug) -> None:
    assert applies(bug), "its text no longer stands in the file exactly once: mend the entry"
    assert bug.old != bug.new
    assert [place for place in bug.tests if not (ROOT / place).exists()] == []


def test_no_fault_is_planted_twice_and_there_are_enough() -> None:
    assert [twice for twice, count in Counter((bug.file, bug.old, bug.new) for bug in BUGS).items() if count > 1] == []
    assert len(BUGS) >= 60
