"""The document's own examples: what we send has their shape, and what they answer is read as they mean it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from payment_channels import (
    BalanceQuery,
    BillQuery,
    BillStatus,
    ChannelClient,
    CorporateAccount,
    HttpReply,
    Inbound,
    Money,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    open_channel,
)
from payment_channels.channels.cib.batches import _read
from payment_channels.channels.cib.fox import MessageRefusedError
from payment_channels.codec.xml import Element
from tests.channels.cib.conftest import answers, config, sent, shape, talk
from tests.conftest import VECTORS, Script, scripted

FOLDER = VECTORS / "cib"
DIRECT: dict[str, str] = json.loads((FOLDER / "cib_direct.json").read_text(encoding="utf-8"))
STATEMENT: dict[str, Any] = json.loads((FOLDER / "cib_statement.json").read_text(encoding="utf-8"))
EMPTY_AND_OPTIONAL = {"CHEQUENUM"}  # in the examples empty; we leave it out


def transfer_order() -> PayoutOrder:
    return PayoutOrder(
        merchant_order_id="20141119zzfc100",
        ordered_at=datetime(2014, 11, 19, tzinfo=UTC),
        amount=Money(124),
        payee=CorporateAccount(account_no="117010100100076908", name="test1"),
        purpose="转账给冥冥吃饭",
        remark="备注1119",
        channel_fields={"INTERBANK": "Y", "LOCAL": "Y"},
    )


def agent_order() -> PayoutOrder:
    return PayoutOrder(
        merchant_order_id="8815fj4g33343433",
        ordered_at=datetime(2015, 9, 9, tzinfo=UTC),
        amount=Money(187),
        payee=PersonalAccount(
            account_no="966666113796972311",
            name="收款人乙",
            branch_name="兴业银行福州分行",
            cnaps_code="309391000011",
            city="北京",
        ),
        purpose="收付直通车单笔资金代付",
        channel_fields={"interface": "MAGENTPAY", "LOCAL": "Y", "MRCHNAME": "银企直联测试"},
    )


def client(script: Script, at: datetime, nonce: str, **changes: Any) -> ChannelClient:
    settings = config(**{"user_pass": "a11111", "acct_name": None, **changes})
    return scripted(open_channel("cib", settings, clock=lambda: at, nonce=lambda: nonce), script)


@dataclass(frozen=True)
class Example:
    """An example's request, and how it is asked for."""

    document: str
    at: datetime
    nonce: str
    settings: dict[str, Any]
    ask: Callable[[ChannelClient], Any]
    other: frozenset[str] = frozenset()


THEN = datetime(2014, 11, 19, 6, 0, 56, tzinfo=UTC)
EXAMPLES = {
    "transfer": Example(DIRECT["XFERTRNRQ_request"], THEN, "-", {}, lambda one: one.payout(transfer_order())),
    "query": Example(
        DIRECT["XFERINQTRNRQ_request"],
        THEN,
        "20141119zzjyztcx100",
        {},
        lambda one: one.query_payout(PayoutQuery.of(one.prepare(transfer_order()))),
    ),
    "agent": Example(
        DIRECT["MAGENTPAYTRNRQ_request"],
        datetime(2010, 10, 8, 2, 0, 56, tzinfo=UTC),
        "-",
        {"user_id": "tom", "acct_id": "117010100100000177", "acct_name": "test"},
        lambda one: one.payout(agent_order()),
        frozenset({"GENUSERKEY", "ORDERNO"}),  # the example lets a key be made, and has two numbers for one payout
    ),
    "balance": Example(
        STATEMENT["CURRACCTQUERYTRNRQ_request"],
        datetime(2010, 10, 8, 2, 0, 56, tzinfo=UTC),
        "20141117hqzhcx100",
        {},
        lambda one: one.balance(BalanceQuery()),
        frozenset({"DTCLIENT"}),  # 2010-10-8: the table says yyyy-MM-dd
    ),
    "statement": Example(
        STATEMENT["SCUSTSTMTTRNRQ_request"],
        datetime(2010, 10, 8, 2, 0, 56, tzinfo=UTC),
        "20120425cx03",
        {"cid": "1104737466", "user_id": "chenxiang", "user_pass": "cx1111", "acct_id": "117010101400120757"},
        lambda one: one.bill(BillQuery(day=date(2012, 4, 23), bill_kind="statement")),
        frozenset({"DTCLIENT"}),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_sent_has_the_example_s_elements_in_their_order(name: str) -> None:
    example = EXAMPLES[name]
    script = answers()
    example.ask(client(script, example.at, example.nonce, **example.settings))
    drop = EMPTY_AND_OPTIONAL | example.other
    wanted = ET.fromstring(example.document)  # noqa: S314  the published example
    assert shape(sent(script.calls[0]), drop=drop) == shape(wanted, drop=drop)


def published(text: str) -> Script:
    """The examples declare no encoding; the protocol is GBK."""
    return Script([HttpReply(200, {}, text.encode("gbk"))])


def test_the_example_s_transfer_is_paid() -> None:
    result = client(published(DIRECT["XFERTRNRS_response"]), THEN, "-").payout(transfer_order())
    assert (result.outcome, result.channel_order_id, result.amounts.order) == (Outcome.SUCCEEDED, "006014126744", Money(124))
    assert result.extra == {"CHEQUENUM": "01343120", "DTDUE": "2014-11-19"}


def test_the_example_s_query_finds_it_paid() -> None:
    asker = client(published(DIRECT["XFERINQTRNRS_response"]), THEN, "20141119zzjyztcx100")
    result = asker.query_payout(PayoutQuery.of(asker.prepare(transfer_order())))
    assert (result.outcome, result.merchant_order_id, result.raw.message) == (
        Outcome.SUCCEEDED,
        "20141119zzfc100",
        "交易成功",
    )


def test_the_example_s_agent_pays_under_the_example_s_other_order_number() -> None:
    """It has TRNUID and ORDERNO apart. We always send them alike, so its answer is read as another payout's."""
    result = client(published(DIRECT["MAGENTPAYTRNRS_response"]), THEN, "-").payout(agent_order())
    assert result.canonical == "REPLY_MISMATCH"
    alike = DIRECT["MAGENTPAYTRNRS_response"].replace("fdg1ff3fdr1321321", "8815fj4g33343433")
    result = client(published(alike), THEN, "-").payout(agent_order())
    assert (result.outcome, result.amounts.order, result.amounts.fee) == (Outcome.SUCCEEDED, Money(187), Money(0))


def test_the_example_s_balance() -> None:
    asker = client(published(STATEMENT["CURRACCTQUERYTRNRS_response"]), THEN, "20141117hqzhcx100")
    (held,) = asker.balance(BalanceQuery()).balances
    assert (held.available, held.total) == (Money(7888888882334), Money(7888888882334))


@pytest.mark.parametrize(
    ("name", "nonce", "account", "day", "kinds"),
    [
        ("SCUSTSTMTTRNRS_response", "20120425cx03", "117010101400120757", date(2012, 4, 23), ["fee", "payout"]),
        ("SCUSTSTMTTRNRS_response_v2", "89221", "117010100100293526", date(2017, 4, 9), None),
    ],
)
def test_the_example_s_statements(name: str, nonce: str, account: str, day: date, kinds: list[str] | None) -> None:
    """The second was fetched on its own day, so it is not ready; a day later it would be."""
    text = STATEMENT[name]
    asker = client(published(text), THEN, nonce, acct_id=account)
    result = asker.bill(BillQuery(day=day, bill_kind="statement"))
    if kinds is None:
        assert result.status is BillStatus.NOT_READY
        asker = client(published(text.replace("2017-04-09 09:20:34", "2017-04-10 09:20:34")), THEN, nonce, acct_id=account)
        result = asker.bill(BillQuery(day=day, bill_kind="statement"))
        kinds = ["payout"]
        assert result.rows[0].raw["HXJYLSBH"] == "H00100201704090000169484590000"
    assert (result.status, [str(row.kind) for row in result.rows]) == (BillStatus.READY, kinds)
    assert not any(row.incoming for row in result.rows)


def test_the_example_s_notice() -> None:
    told = talk(answers()).read_notification(Inbound(body=STATEMENT["BALANCECHANGENOTICE"].encode("gbk")))
    (event,) = told.events
    assert (event.kind, event.facts.amounts.order if event.facts else None) == ("balance_change", Money(1000000))
    assert event.happened_at is not None


def test_the_example_s_batch_lines() -> None:
    """Two of three lines are answered there, with order numbers that are not those of its request."""
    told = _read(Element("XFERINFOTEXT", text=STATEMENT["ASYNBATCHMRCHAGENT_detail_response"]), "query_payout_batch.line", ())
    assert {number: (one.code, one.message) for number, one in told.items()} == {
        "201606021qwengqiang001": ("PAYOUT", "交易成功"),
        "201606021qwengqiHang003": ("PAYOUT", "交易成功"),
    }
    facts: Any = told["201606021qwengqiHang003"].facts
    assert (facts.amounts.order, facts.amounts.fee) == (Money(10101), Money(0))
    with pytest.raises(MessageRefusedError, match="13 bars"):
        _read(Element("XFERINFOTEXT", text=STATEMENT["ASYNBATCHMRCHAGENT_detail_request"]), "payout_batch.line", ())
