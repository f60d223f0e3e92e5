"""批量代付: the message as it is sent, and every line settled by its own words."""

from typing import Any

import pytest

from payment_channels import (
    AccountKind,
    InvalidRequestError,
    Money,
    NotSupportedError,
    Outcome,
    PayoutBatchOrder,
    PayoutBatchQuery,
    PayoutBatchResult,
    PayoutOrder,
    RefusedError,
    Speed,
)
from tests.channels.cib.conftest import ACCOUNT, AT, COMPANY, PERSON, answers, fox, order, refused, sent, state, status, talk

BATCH = "20260601batch01"
CARD = PERSON.model_copy(update={"account_kind": AccountKind.CREDIT_CARD})


def lines() -> tuple[PayoutOrder, ...]:
    """A person's card, a credit card, and a company at CIB: 40.25, 10.75 and 101.00 yuan."""
    return (
        order(merchant_order_id="L001", payee=PERSON, amount=Money(4025), purpose="报销"),
        order(merchant_order_id="L002", payee=CARD, amount=Money(1075), channel_fields={"MRCHNAME": "二级商户"}),
        order(merchant_order_id="L003", payee=COMPANY, amount=Money(10100)),
    )


def batch(*held: PayoutOrder, **changes: Any) -> PayoutBatchOrder:
    return PayoutBatchOrder(**{"merchant_batch_id": BATCH, "ordered_at": AT, "lines": held or lines(), **changes})


def row(number: str, state_of_it: str, *, amount: str, account: str = PERSON.account_no, fee: str = "0.50") -> str:
    return f"1|{number}||{account}|张三|102100099996|0|中国工商银行|{amount}|货款|{fee}|{state_of_it}|说明|"


ROWS = (
    row("L001", "PAYOUT", amount="40.25"),
    row("L002", "FAIL", amount="10.75"),
    row("L003", "PROCESSING", amount="101", account=COMPANY.account_no),
)


def told(code: str, *rows: str, number: str = BATCH, size: str | None = None, beside: bool = False) -> bytes:
    count = str(len(rows)) if size is None else size
    detail = f'<XFERINFOTEXT SIZE="{count}"><![CDATA[{chr(10).join(rows)}]]></XFERINFOTEXT>' if rows else ""
    inside, outside = ("", state(code)) if beside else (state(code), "")
    body = f"<RSBODY><MRCHNO>P0000016</MRCHNO>{detail}{inside}</RSBODY>{outside}"
    return fox(f"<ASYNBATCHMRCHAGENTTRNRS><TRNUID>{number}</TRNUID>{status()}{body}</ASYNBATCHMRCHAGENTTRNRS>")


def asked(body: bytes) -> PayoutBatchResult:
    client = talk(answers(body))
    return client.query_payout_batch(PayoutBatchQuery.of(client.prepare(batch())))


def outcomes(result: PayoutBatchResult) -> list[str]:
    return [str(line.outcome) for line in result.lines]


def test_a_batch_is_sent_as_the_document_has_it() -> None:
    script = answers(told("PROCESSING"))
    result = talk(script).payout_batch(batch())
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/ASYNBATCHMRCHAGENTTRNRQ")
    assert request is not None
    assert [child.tag for child in request] == ["TRNUID", "RQBODY"]
    body = request[1]
    assert [child.tag for child in body] == ["TOTALCOUNT", "TOTALAMOUNT", "MRCHNO", "ACCTFROM", "XFERINFOTEXT"]
    assert [body.findtext(name) for name in ("TOTALCOUNT", "TOTALAMOUNT", "MRCHNO", "ACCTFROM/ACCTID")] == [
        "3",
        "152.00",
        "P0000016",
        ACCOUNT,
    ]
    assert body[-1].attrib == {"SIZE": "3"}
    assert (body[-1].text or "").split("\n") == [
        "1|L001||6222021234567894321|张三|102100099996|0|中国工商银行福州分行|40.25|报销|",
        "2|L002|二级商户|6222021234567894321|张三|102100099996|1|中国工商银行福州分行|10.75|货款|",
        "3|L003||117010100100076908|某某贸易有限公司|309391000011|2|兴业银行|101.00|货款|",
    ]
    assert (result.outcome, result.canonical, result.retry_after) == (Outcome.PENDING, "PAYOUT_PROCESSING", 1800)
    assert (result.merchant_batch_id, outcomes(result)) == (BATCH, ["pending"] * 3)


def test_a_query_is_the_number_alone_and_each_line_has_its_own_outcome() -> None:
    script = answers(told("PART_PAYOUT", *ROWS))
    client = talk(script)
    result = client.query_payout_batch(PayoutBatchQuery.of(client.prepare(batch())))
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/ASYNBATCHMRCHAGENTTRNRQ")
    assert request is not None
    assert [(child.tag, child.text) for child in request] == [("TRNUID", BATCH)]
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "PAYOUT_PARTLY_SUCCEEDED")
    assert outcomes(result) == ["succeeded", "failed", "pending"]
    paid, failed, _ = result.lines
    assert (paid.merchant_order_id, paid.amounts.order, paid.amounts.fee) == ("L001", Money(4025), Money(50))
    assert (failed.canonical, failed.new_id_allowed) == ("PAYOUT_FAILED", True)


@pytest.mark.parametrize("beside", [False, True])
def test_the_state_is_read_in_the_body_and_beside_it(beside: bool) -> None:
    paid = (
        row("L001", "PAYOUT", amount="40.25"),
        row("L002", "PAYOUT", amount="10.75"),
        row("L003", "PAYOUT", amount="101", account=COMPANY.account_no),
    )
    assert asked(told("PAYOUT", *paid, beside=beside)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("code", "outcome", "each"),
    [
        ("FAIL", "failed", "failed"),
        ("EXPIRED", "failed", "failed"),
        ("PROCESSING", "pending", "pending"),
        ("BATCH_SUBMIT_SUCC", "pending", "pending"),
        ("PENDING", "unknown", "unknown"),
        ("PAYOUT", "unknown", "unknown"),
        ("PART_PAYOUT", "unknown", "unknown"),
        ("NEVER_SEEN", "unknown", "unknown"),
    ],
)
def test_without_lines_the_message_speaks_for_them_only_where_it_can(code: str, outcome: str, each: str) -> None:
    result = asked(told(code))
    assert (result.outcome, outcomes(result)) == (outcome, [each] * 3)


def test_a_line_of_another_amount_or_payee_is_unknown_and_the_others_stand() -> None:
    more, elsewhere = row("L001", "PAYOUT", amount="40.26"), row("L002", "PAYOUT", amount="10.75", account="999")
    result = asked(told("PAYOUT", more, elsewhere, ROWS[2]))
    assert outcomes(result) == ["unknown", "unknown", "pending"]
    assert [line.canonical for line in result.lines[:2]] == ["AMOUNT_MISMATCH", "REPLY_MISMATCH"]


def test_a_line_left_out_of_a_finished_batch_is_unknown() -> None:
    assert outcomes(asked(told("PAYOUT", ROWS[0]))) == ["succeeded", "unknown", "unknown"]


def test_a_state_of_a_line_that_nobody_knows_is_unknown() -> None:
    result = asked(told("PAYOUT", row("L001", "DONE", amount="40.25"), row("L002", "", amount="10.75")))
    assert outcomes(result)[:2] == ["unknown", "unknown"]
    assert result.lines[0].raw.code == "DONE"


@pytest.mark.parametrize(
    "body",
    [
        told("PAYOUT", *ROWS, number="another"),
        told("PAYOUT", *ROWS, size="2"),
        told("PAYOUT", *ROWS, ROWS[0]),
        told("PAYOUT", *ROWS, ROWS[0], size="3"),
        told("PAYOUT", ROWS[0][:-1]),
        told("PAYOUT", ROWS[0] + "|"),
        told("PAYOUT", row("L009", "PAYOUT", amount="40.25")),
        told("PAYOUT", row("L001", "PAYOUT", amount="40,25")),
        fox(f"<ASYNBATCHMRCHAGENTTRNRS><TRNUID>{BATCH}</TRNUID>{status()}</ASYNBATCHMRCHAGENTTRNRS>"),
        b"",
    ],
)
def test_an_answer_that_is_not_this_batch_s_says_nothing(body: bytes) -> None:
    result = asked(body)
    assert (result.outcome, set(outcomes(result))) == (Outcome.UNKNOWN, {"unknown"})
    assert result.canonical in {"REPLY_MISMATCH", "REPLY_UNREADABLE"}


@pytest.mark.parametrize(
    ("code", "outcome", "canonical"),
    [
        ("51027", "failed", "BATCH_TOTALS_WRONG"),
        ("60010", "failed", "PARAMETER_INVALID"),
        ("75320", "failed", "MERCHANT_FUNDS_INSUFFICIENT"),
        ("12345", "unknown", "DUPLICATE_CONTENT_UNKNOWN"),
    ],
)
def test_a_batch_that_is_refused(code: str, outcome: str, canonical: str) -> None:
    result = talk(answers(refused("ASYNBATCHMRCHAGENTTRNRS", code, number=BATCH))).payout_batch(batch())
    assert (result.outcome, result.canonical, outcomes(result)) == (outcome, canonical, [outcome] * 3)
    later = asked(refused("ASYNBATCHMRCHAGENTTRNRS", code, number=BATCH))
    assert (later.outcome, outcomes(later)) == (Outcome.UNKNOWN, ["unknown"] * 3)


@pytest.mark.parametrize(
    ("wrong", "field", "kind"),
    [
        ({"merchant_order_id": "L-1"}, "lines.1.merchant_order_id", InvalidRequestError),
        ({"remark": "x"}, "lines.1.remark", NotSupportedError),
        ({"requested_speed": Speed.REAL_TIME}, "lines.1.requested_speed", NotSupportedError),
        ({"purpose": "a|b"}, "lines.1.purpose", InvalidRequestError),
        ({"purpose": None}, "lines.1.purpose", InvalidRequestError),
        ({"payee": PERSON.model_copy(update={"cnaps_code": None})}, "lines.1.payee.cnaps_code", InvalidRequestError),
        (
            {"payee": PERSON.model_copy(update={"bank_name": None, "branch_name": None})},
            "lines.1.payee.bank_name",
            InvalidRequestError,
        ),
        ({"payee": PERSON.model_copy(update={"name": "张|三"})}, "lines.1.payee.name", InvalidRequestError),
        (
            {"payee": PERSON.model_copy(update={"account_kind": AccountKind.PASSBOOK})},
            "lines.1.payee.account_kind",
            NotSupportedError,
        ),
    ],
)
def test_one_wrong_line_holds_back_the_batch_and_is_named(wrong: dict[str, Any], field: str, kind: type[RefusedError]) -> None:
    script = answers()
    good, line, _ = lines()
    with pytest.raises(kind) as refusal:
        talk(script).payout_batch(batch(good, line.model_copy(update=wrong)))
    assert refusal.value.field == field
    assert refusal.value.zh.startswith("lines.1：")
    assert refusal.value.en.startswith("lines.1: ")
    assert script.calls == []


def test_a_batch_as_a_whole_is_checked() -> None:
    many = tuple(order(merchant_order_id=f"L{count:03}") for count in range(101))
    two = (order(merchant_order_id="A"), order(merchant_order_id="B", debit_account="117010100100000177"))
    for wrong, field in (
        (batch(merchant_batch_id="b-1"), "merchant_batch_id"),
        (batch(*many), "lines"),
        (batch(notify_url="http://127.0.0.1/"), "notify_url"),
        (batch(*two), "lines.debit_account"),
    ):
        with pytest.raises(RefusedError) as refusal:
            talk(answers()).payout_batch(wrong)
        assert refusal.value.field == field
    with pytest.raises(InvalidRequestError) as refusal:
        talk(answers(), mrch_no=None).payout_batch(batch())
    assert "mrch_no" in refusal.value.en


def test_the_name_of_cib_itself_may_be_left_out() -> None:
    line = order(merchant_order_id="L001", payee=COMPANY.model_copy(update={"bank_name": None}))
    script = answers(told("PROCESSING"))
    talk(script).payout_batch(batch(line))
    assert b"|309391000011|2||1.24|" in script.calls[0].body


def test_an_answer_with_two_states_or_with_an_error_above_lines_says_nothing() -> None:
    twice = told("FAIL").replace(b"</RSBODY>", b"</RSBODY>" + state("PAYOUT").encode("gbk"))
    body = told("PAYOUT", row("L001", "PAYOUT", amount="40.25")).replace(state("PAYOUT").encode("gbk"), b"")
    refused_above = body.replace(f"</TRNUID>{status()}".encode("gbk"), f"</TRNUID>{status('75320')}".encode("gbk"))
    assert refused_above != body
    for answer in (twice, refused_above):
        for result in (asked(answer), talk(answers(answer)).payout_batch(batch())):
            assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_UNREADABLE", False)
            assert outcomes(result) == ["unknown"] * 3
