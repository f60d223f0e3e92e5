"""Policies are versions that one person proposes and another puts into force; none is ever overwritten."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from payment_channels import ConfigurationError, InvalidRequestError
from payment_channels.business.policies import PolicyBook
from payment_channels.journal import Journal
from payment_channels.model.record import Record
from tests.business.ticking import Ticking


class Ceiling(Record):
    """A policy of one number."""

    fen: int


class Listed(Record):
    """A policy of sets, as they stand in routing's."""

    ways: Mapping[str, frozenset[int]]
    steps: tuple[frozenset[int], ...] = ()
    names: tuple[str, ...] = ()


@pytest.fixture
def book(journal: Journal) -> PolicyBook[Ceiling]:
    return PolicyBook(journal, "ceiling", Ceiling)


def test_nothing_is_in_force_before_another_person_says_so(book: PolicyBook[Ceiling]) -> None:
    proposed = book.propose(Ceiling(fen=100), who="Zhang", why="start")
    with pytest.raises(ConfigurationError, match="in force"):
        book.in_force()
    with pytest.raises(InvalidRequestError, match="cannot check"):
        book.put_in_force(proposed.number, who=" zhang ")
    assert book.put_in_force(proposed.number, who="Li").checker == "Li"
    assert book.in_force().policy == Ceiling(fen=100)


def test_every_version_stays_with_who_and_why(book: PolicyBook[Ceiling], clock: Ticking) -> None:
    for fen, why in ((100, "start"), (200, "more")):
        book.put_in_force(book.propose(Ceiling(fen=fen), who="Zhang", why=why).number, who="Li")
        clock.move(timedelta(hours=1))
    told = [(one.number, one.policy.fen, one.maker, one.checker, one.why) for one in book.history()]
    assert told == [(2, 200, "Zhang", "Li", "more"), (1, 100, "Zhang", "Li", "start")]
    assert book.in_force().number == 2
    assert book.in_force(clock() - timedelta(minutes=90)).number == 1


def test_a_version_is_put_into_force_once(book: PolicyBook[Ceiling]) -> None:
    number = book.propose(Ceiling(fen=100), who="Zhang", why="start").number
    book.put_in_force(number, who="Li")
    with pytest.raises(InvalidRequestError, match="already"):
        book.put_in_force(number, who="Wang")
    with pytest.raises(InvalidRequestError, match="no version 7"):
        book.put_in_force(7, who="Li")


def test_a_change_without_a_name_or_a_reason_is_refused(book: PolicyBook[Ceiling]) -> None:
    for who, why in ((" ", "start"), ("Zhang", " ")):
        with pytest.raises(InvalidRequestError):
            book.propose(Ceiling(fen=1), who=who, why=why)
    assert book.history() == []


def test_books_of_two_kinds_do_not_mix(journal: Journal, book: PolicyBook[Ceiling]) -> None:
    book.propose(Ceiling(fen=1), who="Zhang", why="start")
    assert PolicyBook(journal, "floor", Ceiling).history() == []


def test_a_version_that_this_program_cannot_read_is_named(journal: Journal, book: PolicyBook[Ceiling]) -> None:
    book.propose(Ceiling(fen=1), who="Zhang", why="start")
    journal.store.write(lambda cursor: cursor.run("UPDATE policies SET document = ?", ('{"yuan": 1}',)))
    with pytest.raises(ConfigurationError, match="version 1 of ceiling"):
        book.version(1)


@pytest.mark.parametrize("same", ["Zhang  San", "\uff3ahang San", "Zhang\u200b San", "ZHANG\u00a0SAN"])
def test_one_name_in_other_letters_is_not_another_person(book: PolicyBook[Ceiling], same: str) -> None:
    proposed = book.propose(Ceiling(fen=100), who="Zhang San", why="start")
    with pytest.raises(InvalidRequestError, match="cannot check"):
        book.put_in_force(proposed.number, who=same)


@pytest.mark.parametrize("who", ["\u200b", "a\0b", "a\udcff", "\x1b[31mLi", "x" * 1001])
def test_a_name_that_nobody_sees_or_no_database_keeps_is_refused(book: PolicyBook[Ceiling], who: str) -> None:
    with pytest.raises(InvalidRequestError):
        book.propose(Ceiling(fen=100), who=who, why="start")


def test_what_is_put_in_force_holds_whatever_the_clocks_of_the_machines_say(book: PolicyBook[Ceiling], clock: Ticking) -> None:
    clock.move(timedelta(minutes=5))  # a machine whose clock is ahead
    book.put_in_force(book.propose(Ceiling(fen=100), who="Zhang", why="start").number, who="Li")
    clock.move(-timedelta(minutes=5))
    assert book.in_force().policy.fen == 100
    book.put_in_force(book.propose(Ceiling(fen=200), who="Zhang", why="less risk").number, who="Li")
    assert book.in_force().policy.fen == 200
    clock.move(timedelta(days=1))
    assert book.in_force().policy.fen == 200
    assert book.in_force(clock()).policy.fen == 200


def test_the_same_policy_with_its_sets_in_another_order_has_the_same_digest(journal: Journal) -> None:
    book = PolicyBook(journal, "listed", Listed)
    one, two = frozenset([0, 8]), frozenset([8, 0])
    assert list(one) != list(two)  # else this would show nothing
    first, second = (
        book.propose(Listed(ways={"a": ways}, steps=(ways,), names=("c", "b")), who="Zhang", why="again") for ways in (one, two)
    )
    assert (first.digest, first.policy) == (second.digest, second.policy)
    other = book.propose(Listed(ways={"a": one}, steps=(one,), names=("b", "c")), who="Zhang", why="what has an order keeps it")
    assert (other.digest == first.digest, other.policy.names) == (False, ("b", "c"))


def test_what_was_proposed_is_what_is_put_in_force_whatever_its_maker_proposes_after(book: PolicyBook[Ceiling]) -> None:
    seen = book.propose(Ceiling(fen=100), who="Zhang", why="start")  # the checker looks at this one
    later = book.propose(Ceiling(fen=100_000), who="Zhang", why="start")
    assert (seen.number, later.number) == (1, 2)
    forced = book.put_in_force(seen.number, who="Li")
    assert (forced.policy, forced.digest, forced.why) == (seen.policy, seen.digest, seen.why)
    assert book.in_force().policy == Ceiling(fen=100)
