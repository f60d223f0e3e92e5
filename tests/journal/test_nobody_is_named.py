"""Persons and accounts stand in the journal sealed and nowhere else: not in a column, a record, a log or an exception."""

import logging
from typing import Any

import pytest

from payment_channels import CorporateAccount, InvalidRequestError, NotSentError, Outcome, PersonalAccount, Verb
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError, KeyRing, OrderKey, Resolver
from payment_channels.journal.looking import events, evidence, named, unmatched, verify
from tests.journal.conftest import KEY, Clock, payout
from tests.journal.scripted import Scripted, told

CANARIES = ("6222021234567894321", "张三丰", "110101199003074514", "13800138000", "110060149013000", "泰山茶叶有限公司")
PERSON = PersonalAccount(account_no=CANARIES[0], name=CANARIES[1], id_type="01", id_no=CANARIES[2], mobile=CANARIES[3])
COMPANY = CorporateAccount(account_no=CANARIES[4], name=CANARIES[5], cnaps_code="102100099996")
TABLES = ("orders", "events", "notices", "journal_version")


@pytest.fixture
def wire() -> Scripted:
    answer = told(Verb.PAYOUT, Outcome.UNKNOWN, payee_account=CANARIES[0], payee_name=CANARIES[1])
    body = "".join(CANARIES).encode()
    answer = answer.model_copy(update={"evidence": answer.evidence.model_copy(update={"body": body})})
    return Scripted({Verb.PAYOUT: [answer], Verb.QUERY_PAYOUT: [answer]})


def leaked(text: str | bytes) -> list[str]:
    found = text if isinstance(text, bytes) else text.encode()
    return [canary for canary in CANARIES if canary.encode() in found]


def stored(journal: Journal) -> bytes:
    """All that stands in any column of any table."""

    def every(cursor: Any) -> bytes:
        values = [value for table in TABLES for row in cursor.rows(f"SELECT * FROM {table}") for value in row]  # noqa: S608
        return b"\n".join(bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in values)

    return journal.store.read(every)


def test_what_is_stored_and_what_is_printed_names_nobody(
    journal: Journal, wire: Scripted, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    resolver = Resolver(journal, {"shop": wire}, timeout=5, sleep=lambda _: None)  # type: ignore[dict-item]
    client.payout(payout("person0001", payee=PERSON))
    client.put(payout("company0001", payee=COMPANY))
    clock.advance(seconds=6)
    resolver.step()
    records = [record for number in ("person0001", "company0001") for record in named(journal, number)]
    happened = [event for record in records for event in events(journal, record)]
    assert len(happened) == 3
    assert leaked(stored(journal)) == []
    assert leaked(repr((records, happened, unmatched(journal), journal.ring, client))) == []
    assert leaked(caplog.text) == []
    assert [faults for _, faults in verify(journal)] == [[]]


def test_the_evidence_is_complete_for_who_has_the_key_and_closed_for_who_has_not(journal: Journal, wire: Scripted) -> None:
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    client.payout(payout(payee=PERSON))
    key = OrderKey("shop", "payout", "payout0001")
    (record,) = named(journal, "payout0001")
    answered = events(journal, record)[-1]
    assert evidence(journal, key, answered) == wire.answers[Verb.PAYOUT][0]
    assert journal.prepared_of(record).order.payee == PERSON  # type: ignore[union-attr]
    others = Journal(journal.store, KeyRing.single(bytes(reversed(KEY))), clock=journal.clock)
    with pytest.raises(ValueError, match="changed") as caught:
        evidence(others, key, answered)
    assert leaked(str(caught.value)) == []


@pytest.mark.parametrize("failure", [NotSentError.because("refused"), ZeroDivisionError("".join(CANARIES))])
def test_an_exception_names_nobody_and_neither_does_what_is_written_of_it(
    journal: Journal, wire: Scripted, failure: Exception
) -> None:
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    wire.answers[Verb.PAYOUT] = [failure]
    with pytest.raises(type(failure)):
        client.payout(payout(payee=PERSON))
    assert leaked(stored(journal)) == []
    with pytest.raises(InvalidRequestError) as caught:
        client.payout(payout(payee=COMPANY))
    assert leaked(f"{caught.value} {caught.value!r}") == []


def test_a_failure_of_the_database_does_not_quote_what_was_to_be_written(journal: Journal, wire: Scripted) -> None:
    journal.store.write(lambda cursor: cursor.run("DROP TABLE events"))
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    with pytest.raises(JournalUnavailableError) as caught:
        client.payout(payout(payee=PERSON))
    assert leaked(f"{caught.value} {caught.value!r} {caught.value.__cause__!r}") == []
