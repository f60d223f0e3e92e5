"""CIB's proxy for scripted answers: FOX documents written here by hand, without the SDK's tables."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from payment_channels import (
    ChannelClient,
    CorporateAccount,
    HttpCall,
    HttpReply,
    Money,
    PayoutOrder,
    PayoutQuery,
    PayoutResult,
    PersonalAccount,
    open_channel,
)
from payment_channels.channels.cib import Cib, CibConfig
from tests.conftest import NOW, Script, scripted

LINE = "http://127.0.0.1:8007/csp"
ACCOUNT = "117010100150190084"
PASSWORD = "Pa55wordOfTheOperator"
NUMBER = "20260601payout001"
AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
SERVER_TIME = "2026-06-01 20:00:01"
DAY = date(2026, 5, 31)
PERSON = PersonalAccount(
    account_no="6222021234567894321",
    name="张三",
    bank_name="中国工商银行",
    branch_name="中国工商银行福州分行",
    cnaps_code="102100099996",
    city="福州",
)
COMPANY = CorporateAccount(
    account_no="117010100100076908",
    name="某某贸易有限公司",
    bank_name="兴业银行",
    cnaps_code="309391000011",
    city="福州",
)


def config(**changes: Any) -> CibConfig:
    settings: dict[str, Any] = {
        "trusted_line": LINE,
        "cid": "1100343164",
        "user_id": "jack",
        "user_pass": PASSWORD,
        "acct_id": ACCOUNT,
        "acct_name": "银企测试182",
        "mrch_no": "P0000016",
    }
    return CibConfig(**{**settings, **changes})


def order(**changes: Any) -> PayoutOrder:
    """A payout of 1.24 yuan to a company at CIB."""
    fields: dict[str, Any] = {
        "merchant_order_id": NUMBER,
        "ordered_at": AT,
        "amount": Money(124),
        "payee": COMPANY,
        "purpose": "货款",
    }
    return PayoutOrder(**{**fields, **changes})


def by_agent(**changes: Any) -> PayoutOrder:
    """A payout by 收付直通车 to a person's card at another bank."""
    return order(**{"payee": PERSON, "channel_fields": {"interface": "MAGENTPAY"}, **changes})


def fox(transaction: str, *, code: str = "0", message: str = "", server_time: str = SERVER_TIME) -> bytes:
    """A whole answer in GBK; ``code`` is the login's."""
    text = (
        '<?xml version="1.0" encoding="GBK"?><FOX><SIGNONMSGSRSV1><SONRS>'
        f"{status(code, message)}<DTSERVER>{server_time}</DTSERVER></SONRS></SIGNONMSGSRSV1>"
        f"<SECURITIES_MSGSRSV1>{transaction}</SECURITIES_MSGSRSV1></FOX>"
    )
    return text.encode("gbk")


def status(code: str = "0", message: str = "") -> str:
    severity = "INFO" if code == "0" else "ERROR"
    return f"<STATUS><CODE>{code}</CODE><SEVERITY>{severity}</SEVERITY><MESSAGE>{message}</MESSAGE></STATUS>"


def state(code: str, message: str = "交易成功") -> str:
    at = "<DTXFERPRC>2026-06-01 17:30:02</DTXFERPRC>"
    return f"<XFERPRCSTS><XFERPRCCODE>{code}</XFERPRCCODE>{at}<MESSAGE>{message}</MESSAGE></XFERPRCSTS>"


def info(*, amount: str = "1.24", account: str = COMPANY.account_no, currency: str = "RMB") -> str:
    return (
        f"<XFERINFO><ACCTFROM><ACCTID>{ACCOUNT}</ACCTID></ACCTFROM>"
        f'<ACCTTO INTERBANK="Y" LOCAL="N"><ACCTID>{account}</ACCTID><NAME>某某贸易有限公司</NAME></ACCTTO>'
        f"<CHEQUENUM>01343120</CHEQUENUM><CURSYM>{currency}</CURSYM><TRNAMT>{amount}</TRNAMT><PURPOSE>货款</PURPOSE></XFERINFO>"
    )


def transferred(code: str = "PAYOUT", *, number: str = NUMBER, more: str = "", **changes: Any) -> bytes:
    """The answer to XFERTRNRQ."""
    held = f"<XFERRS><SRVRID>006014126744</SRVRID>{info(**changes)}{state(code)}<CLIENTREF>{number}</CLIENTREF>{more}</XFERRS>"
    return fox(f"<XFERTRNRS><TRNUID>{number}</TRNUID>{status()}{held}</XFERTRNRS>")


def found(code: str = "PAYOUT", *, number: str = "N0000001", more: str = "", **changes: Any) -> bytes:
    """The answer to XFERINQTRNRQ: it carries the query's own number, and not the payout's."""
    one = f"<XFER><SRVRTID>006014126744</SRVRTID>{info(**changes)}{state(code)}</XFER>{more}"
    held = f'<XFERINQRS><XFERLIST MORE="N">{one}</XFERLIST></XFERINQRS>'
    return fox(f"<XFERINQTRNRS><TRNUID>{number}</TRNUID>{status()}{held}</XFERINQTRNRS>")


def refused(name: str, code: str, message: str = "说明", *, number: str = NUMBER) -> bytes:
    """An error of the transaction."""
    return fox(f"<{name}><TRNUID>{number}</TRNUID>{status(code, message)}</{name}>")


def agent_paid(
    code: str = "PAYOUT", *, number: str = NUMBER, order_no: str = NUMBER, amount: str = "1.24", account: str = PERSON.account_no
) -> bytes:
    """The answer to MAGENTPAYTRNRQ, which the query gets too."""
    held = (
        f"<MAGENTPAYINFO><MRCHNO>P0000016</MRCHNO><ORDERNO>{order_no}</ORDERNO><ACCTFROM><ACCTID>{ACCOUNT}</ACCTID></ACCTFROM>"
        f'<ACCTTO INTERBANK="N" LOCAL="N"><ACCTID>{account}</ACCTID><NAME>张三</NAME><ACCTTYPE>0</ACCTTYPE></ACCTTO>'
        f"<CURSYM>RMB</CURSYM><TRNAMT>{amount}</TRNAMT><HANDLECHG>0.50</HANDLECHG><PURPOSE>货款</PURPOSE></MAGENTPAYINFO>"
    )
    return fox(
        f"<MAGENTPAYTRNRS><TRNUID>{number}</TRNUID>{status()}"
        f"<MAGENTPAYRS><SRVRTID>900014211564</SRVRTID>{held}{state(code)}</MAGENTPAYRS></MAGENTPAYTRNRS>"
    )


def answers(*bodies: bytes | Exception | HttpReply) -> Script:
    return Script([HttpReply(200, {}, one) if isinstance(one, bytes) else one for one in bodies])


def talk(script: Script, **changes: Any) -> ChannelClient:
    """A client whose nonces are N0000001, N0000002…"""
    numbers = (f"N{count:07}" for count in range(1, 10_000))
    return scripted(open_channel("cib", config(**changes), clock=lambda: NOW, nonce=lambda: next(numbers)), script)


def paid_out(*bodies: Any, asked: Any = None) -> PayoutResult:
    """The result of a payout that is answered so."""
    return talk(answers(*bodies)).payout(asked or order())


def asked_after(*bodies: Any, of: Any = None) -> PayoutResult:
    """The result of its query, made of what was prepared, that is answered so."""
    client = talk(answers(*bodies))
    return client.query_payout(PayoutQuery.of(client.prepare(of or order())))


def sent(call: HttpCall) -> ET.Element:
    """What was sent, read by another parser than the SDK's."""
    text = call.body.decode("gbk")
    assert text.startswith('<?xml version="1.0" encoding="GBK"?>')
    return ET.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", text))  # noqa: S314  our own request


def shape(element: ET.Element, *, drop: Iterable[str] = ()) -> list[Any]:
    """Names, attributes and texts in their order, without the elements of ``drop``."""
    inside = [shape(child, drop=drop) for child in element if child.tag not in drop]
    return [element.tag, dict(element.attrib), (element.text or "").strip() if not len(element) else "", inside]


@pytest.fixture(scope="module")
def cib() -> Cib:
    channel = open_channel("cib", config(), clock=lambda: NOW, nonce=lambda: "N0000001")
    assert isinstance(channel, Cib)
    return channel
