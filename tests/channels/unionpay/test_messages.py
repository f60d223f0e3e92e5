"""Answers and forms: what is read, what is refused, and how times without a year are dated."""

from datetime import date, datetime, timedelta, timezone

import pytest

from payment_channels import Money
from payment_channels.channels.unionpay.messages import MessageRefusedError, Told, form, moment, moment_of, read_answer, read_post
from tests.channels.unionpay.conftest import of_query

BEIJING = timezone(timedelta(hours=8))


def test_values_are_not_decoded_and_composites_stay_whole() -> None:
    body = "respMsg=a%20b+c&tokenPayData={token=6235&trId=62000000001}&signature=aGk=+/==&queryId=&nested={a={b=1&c=2}&d=3}"
    assert read_answer(body.encode()) == {
        "respMsg": "a%20b+c",
        "tokenPayData": "{token=6235&trId=62000000001}",
        "signature": "aGk=+/==",
        "queryId": "",
        "nested": "{a={b=1&c=2}&d=3}",
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"=1", b"a=1&", b"a=1&a=2", b"a=1&&b=2", b"a={1&b=2", b"a=1}&b=2", b"a=}{", b"\xff=1", b"<html>",
     b"&".join(b"k%d=1" % number for number in range(201))],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(MessageRefusedError):
        read_answer(body)


@pytest.mark.parametrize("body", [b"", b"a", b"a=1&a=2", b"a=%ff", b"\xff", b"a=1&b", b"=1", b"a=&a=1"])
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(MessageRefusedError):
        read_post(body)


def test_a_form_comes_back() -> None:
    fields = {"a": "1 2+3&4=5%", "中": "文{k=v&k=v}", "pem": "-----BEGIN X-----\r\nAA==\r\n-----END X-----"}
    assert read_post(form(fields)) == fields


def test_times_are_beijing_s() -> None:
    utc = datetime(2026, 12, 31, 16, 0, 1, tzinfo=timezone.utc)  # noqa: UP017  the very point is the zone
    assert moment(utc) == "20270101000001"
    assert moment_of("20270101000001") == utc
    for wrong in ("", "2027010100000", "20271301000001", "2027010100000１", "20270101 00001"):
        assert moment_of(wrong) is None


@pytest.mark.parametrize(
    ("time", "settled", "traced", "day", "at"),
    [
        ("20260601195959", "0601", "0601200001", date(2026, 6, 1), datetime(2026, 6, 1, 20, 0, 1, tzinfo=BEIJING)),
        ("20261231225959", "0101", "1231230001", date(2027, 1, 1), datetime(2026, 12, 31, 23, 0, 1, tzinfo=BEIJING)),
        ("20260601195959", "0230", "9999999999", None, datetime(2026, 6, 1, 19, 59, 59, tzinfo=BEIJING)),
        ("20240228195959", "0229", "0229000001", date(2024, 2, 29), datetime(2024, 2, 29, 0, 0, 1, tzinfo=BEIJING)),
        ("nonsense", "0601", "0601200001", None, None),
    ],
)
def test_days_and_times_get_their_year(time: str, settled: str, traced: str, day: date | None, at: datetime | None) -> None:
    facts = Told(of_query(time=time, settleDate=settled, traceTime=traced)).payment("app", paid=True)
    assert (facts.settlement_date, facts.channel_time) == (day, at)


def test_amounts_are_fen_of_a_known_currency() -> None:
    assert Told(of_query()).payment(None, paid=True).amounts.order == Money(100)
    assert Told(of_query(currencyCode="")).refund(done=True).amounts.order == Money(100), "answers to refunds name no currency"
    for changes in ({"txnAmt": "1.00"}, {"txnAmt": "-1"}, {"txnAmt": "１"}, {"currencyCode": "840"}, {"txnAmt": "9" * 16}):
        with pytest.raises(MessageRefusedError):
            Told(of_query(**changes)).payment(None, paid=True)
