"""Balance, statement and balance-change notices: what they tell, and when they tell nothing."""

from datetime import date, timedelta
from typing import Any

import pytest

from payment_channels import (
    BalanceQuery,
    BalanceResult,
    BillQuery,
    BillResult,
    BillRowKind,
    BillStatus,
    Inbound,
    Money,
    Outcome,
    PayoutQuery,
    Verdict,
)
from payment_channels.channel import Authenticity
from payment_channels.channel.seen import Seen
from payment_channels.channels.cib import bill as room
from payment_channels.model.incoming import EventKind
from payment_channels.model.results import AccountEntryFacts
from tests.channels.cib.conftest import ACCOUNT, DAY, answers, fox, order, refused, sent, status, talk

LATER = "2026-06-01 00:00:01"


def held(*, account: str = ACCOUNT, currency: str = "01", available: str = "100.50", number: str = "N0000001") -> bytes:
    body = (
        f"<RSBODY><ACCTID>{account}</ACCTID><NAME>银企测试182</NAME><STATUS>1</STATUS><ACCTTYPE>0</ACCTTYPE><BALAMT>120.50</BALAMT>"
        f"<AVAILBAL>{available}</AVAILBAL><CURRENCY>{currency}</CURRENCY><FREEZELMT>20.00</FREEZELMT></RSBODY>"
    )
    return fox(f"<CURRACCTQUERYTRNRS><TRNUID>{number}</TRNUID>{status()}{body}</CURRACCTQUERYTRNRS>")


def balance(body: bytes, asked: BalanceQuery | None = None) -> BalanceResult:
    return talk(answers(body)).balance(asked or BalanceQuery())


def test_the_balance_of_the_account_that_pays() -> None:
    script = answers(held())
    result = talk(script).balance(BalanceQuery())
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/CURRACCTQUERYTRNRQ")
    assert request is not None
    assert (request.findtext("TRNUID"), request.findtext("RQBODY/ACCTID")) == ("N0000001", ACCOUNT)
    (one,) = result.balances
    assert result.outcome is Outcome.SUCCEEDED
    assert (one.account, one.available, one.total, one.frozen) == (ACCOUNT, Money(10050), Money(12050), Money(2000))
    other = "117010100100000177"
    assert balance(held(account=other), BalanceQuery(account=other)).balances[0].account == other


@pytest.mark.parametrize(
    "body",
    [
        held(account="117010100100000177"),
        held(currency="14"),
        held(available=""),
        held(available="1.005"),
        held(number="N0000002"),
        refused("CURRACCTQUERYTRNRS", "2005", number="N0000001"),
        refused("CURRACCTQUERYTRNRS", "2001", number="N0000001"),
        b"",
    ],
)
def test_a_balance_that_is_not_told_is_unknown(body: bytes) -> None:
    result = balance(body)
    assert (result.outcome, result.balances) == (Outcome.UNKNOWN, ())
    assert result.canonical != "SDK_DEFECT"


def entry(number: str, **changes: str) -> str:
    fields = {
        "SRVRTID": "9999DGQI",
        "TRNTYPE": "DEBIT",
        "TRNCODE": "231",
        "DTACCT": "2026-05-31T10:15:43",
        "TRNAMT": "5.70",
        "BALAMT": "100.00",
        "CURRENCY": "RMB",
        "MEMO": "汇款|货款",
        "BUSINESSTYPE": "网上汇款",
        "ATTACHINFO": number,
        **changes,
    }
    return "<STMTTRN>" + "".join(f"<{name}>{text}</{name}>" for name, text in fields.items()) + "</STMTTRN>"


def page(
    *rows: str, more: str = "N", number: str = "N0000001", day: date = DAY, account: str = ACCOUNT, at: str = LATER
) -> bytes:
    listed = f'<TRANLIST MORE="{more}"><DTSTART>{day}</DTSTART><DTEND>{day}</DTEND>{"".join(rows)}</TRANLIST>'
    body = f"<SCUSTSTMTRS><CURDEF>RMB</CURDEF><ACCTFROM><ACCTID>{account}</ACCTID></ACCTFROM>{listed}</SCUSTSTMTRS>"
    return fox(f"<SCUSTSTMTTRNRS><TRNUID>{number}</TRNUID>{status()}{body}</SCUSTSTMTTRNRS>", server_time=at)


def bill(*bodies: bytes) -> BillResult:
    return talk(answers(*bodies)).bill(BillQuery(day=DAY, bill_kind="statement"))


def test_all_pages_are_fetched_and_rows_are_typed() -> None:
    rows = [
        entry("A1"),
        entry("A2", TRNCODE="227", TRNAMT="0.50"),
        entry("A3", TRNTYPE="CREDIT", TRNCODE="231"),
        entry("A4", TRNAMT="-5.70"),
        entry("A5", TRNTYPE="CREDIT", TRNAMT="-1.00"),
    ]
    script = answers(page(*rows[:2], more="Y"), page(*rows[2:], number="N0000002"))
    result = talk(script).bill(BillQuery(day=DAY, bill_kind="statement"))
    asked = [sent(call).find("SECURITIES_MSGSRQV1/SCUSTSTMTTRNRQ/SCUSTSTMTRQ") for call in script.calls]
    assert [[child.text for child in one[1]] for one in asked if one is not None] == [
        ["2026-05-31", "2026-05-31", "1"],
        ["2026-05-31", "2026-05-31", "2"],
    ]
    assert (result.outcome, result.status) == (Outcome.SUCCEEDED, BillStatus.READY)
    assert [(row.kind, row.incoming, row.amount) for row in result.rows] == [
        (BillRowKind.PAYOUT, False, Money(570)),
        (BillRowKind.FEE, False, Money(50)),
        (BillRowKind.OTHER, True, Money(570)),
        (BillRowKind.REVERSAL, True, Money(570)),
        (BillRowKind.REVERSAL, False, Money(100)),
    ]
    first = result.rows[0]
    assert (first.business_date, first.balance_after, first.product) == (DAY, Money(10000), "网上汇款")
    assert (first.at and first.at.isoformat()) == "2026-05-31T10:15:43+08:00"
    assert (first.raw["ATTACHINFO"], first.raw["MEMO"]) == ("A1", "汇款|货款")
    assert (first.merchant_order_id, first.channel_order_id) == (None, None)  # no field of a row is documented as either


@pytest.mark.parametrize("code", ["2001", "6421"])
def test_no_data_is_an_empty_day_once_the_day_is_over(code: str) -> None:
    name = "SCUSTSTMTTRNRS"
    over = fox(f"<{name}><TRNUID>N0000001</TRNUID>{status(code)}</{name}>", server_time=LATER)
    result = bill(over)
    assert (result.status, result.outcome, result.rows) == (BillStatus.EMPTY, Outcome.UNKNOWN, ())
    early = fox(f"<{name}><TRNUID>N0000001</TRNUID>{status(code)}</{name}>", server_time="2026-05-31 23:59:59")
    assert bill(early).status is BillStatus.NOT_READY


def test_a_day_that_is_not_over_by_the_bank_s_clock_is_not_ready() -> None:
    assert bill(page(entry("A1"), at="2026-05-31 23:59:59")).status is BillStatus.NOT_READY
    assert bill(page(entry("A1"), at="")).status is BillStatus.UNKNOWN
    assert bill(page(at=LATER)).status is BillStatus.EMPTY


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([page(entry("A1"), entry("A1"))], "inconsistent"),
        ([page(entry("A1"), more="Y"), page(entry("A1"), number="N0000002")], "inconsistent"),
        ([page(more="Y")], "inconsistent"),
        ([page(entry("A1"), account="117010100100000177")], "inconsistent"),
        ([page(entry("A1"), day=DAY - timedelta(days=1))], "inconsistent"),
        ([page(entry("A1"), more="Y"), refused("SCUSTSTMTTRNRS", "6421", number="N0000002")], "inconsistent"),
        ([page(entry("A1"), more="Y"), refused("SCUSTSTMTTRNRS", "1740", number="N0000002")], "inconsistent"),
        ([page(entry("A1"), more="Y"), b""], "unknown"),
        ([page(entry("A1"), more="Y")], "unknown"),
        ([page(entry("A1"), more="")], "unknown"),
        ([page(entry("A1"), number="N0000009")], "unknown"),
        ([page(entry(""))], "unknown"),
        ([page(entry("A1", TRNTYPE="借"))], "unknown"),
        ([page(entry("A1", TRNAMT=""))], "unknown"),
        ([page(entry("A1", CURRENCY="USD"))], "unknown"),
        ([page(entry("A1").replace("<MEMO>", "<MEMO></MEMO><MEMO>"))], "unknown"),
        ([refused("SCUSTSTMTTRNRS", "20203", number="N0000001")], "unknown"),
        ([refused("SCUSTSTMTTRNRS", "1740", number="N0000001")], "unknown"),
    ],
)
def test_a_statement_that_cannot_be_relied_on_has_no_rows(bodies: list[bytes], expected: str) -> None:
    result = bill(*bodies)
    assert (str(result.status), result.outcome, result.rows) == (expected, Outcome.UNKNOWN, ())
    assert result.canonical != "SDK_DEFECT"


def test_a_statement_without_an_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_PAGES", 3)
    script = answers(*(page(entry(f"A{one}"), more="Y", number=f"N{one:07}") for one in range(1, 9)))
    result = talk(script).bill(BillQuery(day=DAY, bill_kind="statement"))
    assert (result.status, len(script.calls)) == (BillStatus.UNKNOWN, 3)


def notice(**changes: str) -> Inbound:
    fields = {
        "ACCTID": ACCOUNT,
        "ACCT_NAME": "银企测试182",
        "TRADE_TIME": "2026-06-01 16:22:05",
        "TRNTYPE": "1",
        "MEMO": "转账",
        "TRNAMT": "10000.00",
        "BALAMT": "110000.00",
        "ATTACHINFO": "2026060101001825697000003",
        **changes,
    }
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text)
    return Inbound(body=f"<BALANCECHANGENOTICE><NOTICE_INFO>{inside}</NOTICE_INFO></BALANCECHANGENOTICE>".encode("gbk"))


def read(inbound: Inbound) -> Any:
    return talk(answers()).read_notification(inbound)


@pytest.mark.parametrize(
    ("side", "kind", "incoming"),
    [
        ("0", EventKind.BALANCE_CHANGE, False),
        ("借", EventKind.BALANCE_CHANGE, False),
        ("1", EventKind.INCOMING_TRANSFER, True),
        ("贷", EventKind.INCOMING_TRANSFER, True),
    ],
)
def test_a_notice_tells_what_moved_and_that_nobody_signed_it(side: str, kind: EventKind, *, incoming: bool) -> None:
    told = read(notice(TRNTYPE=side))
    (event,) = told.events
    assert (told.verdict, told.acknowledgement.status, event.kind) == (Verdict.ACCEPTED, 200, kind)
    assert event.reading.authenticity is Authenticity.UNSIGNED_AS_DOCUMENTED
    facts = event.facts
    assert isinstance(facts, AccountEntryFacts)
    assert (facts.incoming, facts.amounts.order, facts.balance_after) == (incoming, Money(1000000), Money(11000000))
    assert (facts.account, facts.entry_id, facts.memo) == (ACCOUNT, "2026060101001825697000003", "转账")
    assert event.happened_at.isoformat() == "2026-06-01T16:22:05+08:00"
    assert ACCOUNT not in repr(event) + repr(facts)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2017年10月23日    16:22", "2017-10-23T16:22:00+08:00"),
        ("2017年1月3日 06:05", "2017-01-03T06:05:00+08:00"),
        ("2017-10-23 16:22:01", "2017-10-23T16:22:01+08:00"),
        ("2017年13月23日 16:22", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_both_ways_to_write_the_time_are_read(written: str, read_as: str | None) -> None:
    at = read(notice(TRADE_TIME=written)).events[0].happened_at
    assert (at and at.isoformat()) == read_as


def test_a_repetition_is_told_as_one() -> None:
    client = talk(answers())
    assert client.read_notification(notice()).verdict is Verdict.ACCEPTED
    assert client.read_notification(notice(MEMO="又")).verdict is Verdict.REPEATED
    assert client.read_notification(notice(ATTACHINFO="other")).verdict is Verdict.ACCEPTED
    assert client.read_notification(notice(ATTACHINFO="", MEMO="a")).verdict is Verdict.ACCEPTED
    assert client.read_notification(notice(ATTACHINFO="", MEMO="a")).verdict is Verdict.REPEATED
    assert client.read_notification(notice(ATTACHINFO="", MEMO="b")).verdict is Verdict.ACCEPTED


def test_what_was_seen_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seen, "LIMIT", 2)
    seen = Seen()
    assert [seen.again(one) for one in ("a", "b", "a", "c", "a", "b")] == [False, False, True, False, True, False]


def test_a_notice_settles_no_payout() -> None:
    (event,) = read(notice(TRNTYPE="0", TRNAMT="1.24")).events
    result = event.against(PayoutQuery.of(order()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


@pytest.mark.parametrize(
    "inbound",
    [
        notice(TRNTYPE="2"),
        notice(TRNTYPE=""),
        notice(ACCTID=""),
        notice(TRNAMT=""),
        notice(TRNAMT="1万"),
        Inbound(body=b""),
        Inbound(body=b"<FOX></FOX>"),
        Inbound(body=b"<BALANCECHANGENOTICE></BALANCECHANGENOTICE>"),
        Inbound(body=b"<!DOCTYPE a><BALANCECHANGENOTICE/>"),
        Inbound(body=b" " * 65_537),
    ],
)
def test_what_is_no_notice_is_refused(inbound: Inbound) -> None:
    told = read(inbound)
    assert (told.verdict, told.events, told.acknowledgement.status) == (Verdict.REFUSED, (), 400)
    assert told.problem.meaning.canonical == "NOTIFICATION_UNREADABLE"
