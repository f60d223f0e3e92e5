"""Payouts by transfer and by 收付直通车: the wire as it is sent, to the element."""

from datetime import date
from typing import Any

import pytest

from payment_channels import (
    AccountKind,
    EvidenceKind,
    Money,
    Outcome,
    Speed,
)
from tests.channels.cib.conftest import (
    ACCOUNT,
    COMPANY,
    LINE,
    NUMBER,
    PASSWORD,
    PERSON,
    agent_paid,
    answers,
    asked_after,
    by_agent,
    found,
    order,
    sent,
    talk,
    transferred,
)

OTHER_BANK = {"payee": PERSON}
FAST = {**OTHER_BANK, "requested_speed": Speed.REAL_TIME}


def test_a_transfer_within_the_bank_is_sent_as_the_document_has_it() -> None:
    script = answers(transferred())
    result = talk(script).payout(order(remark="备注1119"))
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", LINE)
    assert dict(call.headers)["Content-Type"] == "application/x-fox"
    root = sent(call)
    assert [child.tag for child in root] == ["SIGNONMSGSRQV1", "SECURITIES_MSGSRQV1"]
    login = root.find("SIGNONMSGSRQV1/SONRQ")
    assert login is not None
    assert [(child.tag, child.text) for child in login] == [
        ("DTCLIENT", "2026-06-01 20:00:00"),
        ("CID", "1100343164"),
        ("USERID", "jack"),
        ("USERPASS", PASSWORD),
        ("GENUSERKEY", "N"),
        ("APPID", "XYFIB"),
        ("APPVER", "1000"),
    ]
    request = root.find("SECURITIES_MSGSRQV1/XFERTRNRQ")
    assert request is not None
    assert [child.tag for child in request] == ["TRNUID", "XFERRQ"]
    assert request.findtext("TRNUID") == NUMBER
    info = request.find("XFERRQ/XFERINFO")
    assert info is not None
    assert [(child.tag, child.text) for child in info if not len(child)] == [
        ("TRNAMT", "1.24"),
        ("PURPOSE", "货款"),
        ("MEMO", "备注1119"),
    ]
    assert [(child.tag, child.text) for child in info[0]] == [("ACCTID", ACCOUNT), ("NAME", "银企测试182")]
    assert info[1].attrib == {"INTERBANK": "Y", "LOCAL": "N"}
    assert [(child.tag, child.text) for child in info[1]] == [
        ("ACCTID", COMPANY.account_no),
        ("NAME", COMPANY.name),
        ("BANKDESC", "兴业银行"),
        ("BANKNUM", "309391000011"),
        ("CITY", "福州"),
    ]
    assert (result.outcome, result.canonical, result.evidence.kind) == (
        Outcome.SUCCEEDED,
        "PAYOUT_SUCCEEDED",
        EvidenceKind.ANSWERED_OVER_TRUSTED_LINE,
    )
    assert (result.merchant_order_id, result.channel_order_id, result.amounts.order) == (NUMBER, "006014126744", Money(124))
    assert (result.paid_at and result.paid_at.isoformat()) == "2026-06-01T17:30:02+08:00"
    assert result.payee_account == COMPANY.account_no
    assert result.extra == {"CHEQUENUM": "01343120"}


def test_chinese_characters_are_two_bytes_on_the_wire() -> None:
    script = answers(transferred())
    talk(script).payout(order(purpose="货款"))
    assert "<PURPOSE>货款</PURPOSE>".encode("gbk") in script.calls[0].body
    assert len("货款".encode("gbk")) == 4


def test_real_time_to_another_bank_goes_by_the_super_network_and_its_answer_is_not_final() -> None:
    script = answers(transferred(account=PERSON.account_no))
    result = talk(script).payout(order(**FAST))
    info = sent(script.calls[0]).find(".//XFERINFO")
    assert info is not None
    assert [child.tag for child in info] == ["ACCTFROM", "ACCTTO", "TRNAMT", "PMTMODE", "PURPOSE"]
    assert (info.findtext("PMTMODE"), info[1].attrib["INTERBANK"]) == ("SUPER", "N")
    assert (result.operation, result.outcome, result.canonical) == ("payout.super", Outcome.UNKNOWN, "REQUEST_ACCEPTED")
    assert (result.retry_after, result.new_id_allowed) == (900, False)
    later = asked_after(found(account=PERSON.account_no), of=order(**FAST))
    assert later.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("changes", [{}, {"requested_speed": Speed.REAL_TIME}, OTHER_BANK])
def test_only_real_time_to_another_bank_is_super(changes: dict[str, Any]) -> None:
    account = PERSON.account_no if "payee" in changes else COMPANY.account_no
    script = answers(transferred(account=account))
    result = talk(script).payout(order(**changes))
    assert b"PMTMODE" not in script.calls[0].body
    assert (result.operation, result.outcome) == ("payout.xfer", Outcome.SUCCEEDED)


def test_a_day_that_is_asked_for_is_dtdue() -> None:
    script = answers(transferred("AUDITED"))
    result = talk(script).payout(order(requested_date=date(2026, 6, 3)))
    assert b"<PURPOSE>" in script.calls[0].body.split(b"<DTDUE>2026-06-03</DTDUE>")[0]
    assert (result.outcome, result.canonical, result.retry_after) == (Outcome.PENDING, "PAYOUT_PROCESSING", 900)


def test_another_account_of_ours_may_pay() -> None:
    script = answers(transferred())
    talk(script).payout(order(debit_account="117010100100000177"))
    account = sent(script.calls[0]).find(".//ACCTFROM")
    assert account is not None
    assert [(child.tag, child.text) for child in account] == [("ACCTID", "117010100100000177")]


@pytest.mark.parametrize(
    ("payee", "account_type"),
    [
        (PERSON, "0"),
        (PERSON.model_copy(update={"account_kind": AccountKind.CREDIT_CARD}), "1"),
        (COMPANY, "2"),
    ],
)
def test_by_agent_the_kind_of_account_is_told(payee: Any, account_type: str) -> None:
    script = answers(agent_paid(account=payee.account_no))
    fields = {"interface": "MAGENTPAY", "MRCHNAME": "二级商户", "LOCAL": "Y"}
    result = talk(script).payout(by_agent(payee=payee, channel_fields=fields))
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/MAGENTPAYTRNRQ")
    assert request is not None
    assert [child.tag for child in request] == ["TRNUID", "MAGENTPAYRQ"]
    info = request.find("MAGENTPAYRQ/MAGENTPAYINFO")
    assert info is not None
    assert [(child.tag, child.text) for child in info if not len(child)] == [
        ("MRCHNO", "P0000016"),
        ("ORDERNO", NUMBER),
        ("MRCHNAME", "二级商户"),
        ("TRNAMT", "1.24"),
        ("PURPOSE", "货款"),
    ]
    to = info.find("ACCTTO")
    assert to is not None
    assert to.attrib == {"INTERBANK": "Y" if payee is COMPANY else "N", "LOCAL": "Y"}
    assert [child.tag for child in to] == ["ACCTID", "NAME", "BANKDESC", "BANKNUM", "CITY", "ACCTTYPE"]
    assert to.findtext("ACCTTYPE") == account_type
    assert (result.operation, result.outcome, result.amounts.fee) == ("payout.agent", Outcome.SUCCEEDED, Money(50))
