"""Payouts by TLT: what is sent, to the byte, and what each answer of the envelope and of the detail comes to."""

from typing import Any

import pytest

from payment_channels import (
    ChannelClient,
    CorporateAccount,
    HttpReply,
    Money,
    Outcome,
    PaymentQuery,
    PayoutBatchOrder,
    PayoutBatchQuery,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    TransportFailure,
)
from payment_channels.model.orders import Speed
from payment_channels.model.parties import AccountKind
from payment_channels.model.refusals import ConfigurationError, NotSentError, PaymentChannelError
from tests.channels.allinpay.conftest import (
    BATCH,
    COMPANY,
    LINES,
    MERCHANT_ID,
    ORDER_ID,
    PAYOUT,
    PERSON,
    QUERY_SN,
    USER,
    Platform,
    opened,
    payment,
    verified_packet,
)
from tests.conftest import NOW, Script

HEAD = (
    '<?xml version="1.0" encoding="GBK"?><AIPG><INFO><TRX_CODE>{}</TRX_CODE><VERSION>04</VERSION><DATA_TYPE>2</DATA_TYPE>'
    f"<LEVEL>5</LEVEL><MERCHANT_ID>{MERCHANT_ID}</MERCHANT_ID><USER_NAME>{USER}</USER_NAME><REQ_SN>{{}}</REQ_SN></INFO>"
)
TRANS = (
    "<BUSINESS_CODE>09900</BUSINESS_CODE><MERCHANT_ID>200604000000445</MERCHANT_ID><SUBMIT_TIME>20260601200000</SUBMIT_TIME>"
    "<BANK_CODE>0102</BANK_CODE><ACCOUNT_TYPE>00</ACCOUNT_TYPE>"
)
PERSONAL = (
    "<ACCOUNT_NO>6222021234567894321</ACCOUNT_NO><ACCOUNT_NAME>张三</ACCOUNT_NAME><ACCOUNT_PROP>0</ACCOUNT_PROP>"
    "<AMOUNT>30</AMOUNT><CURRENCY>CNY</CURRENCY>"
)
IN_BETWEEN = ("2000", "2001", "2003", "2005", "2007")
UNKNOWN = ("2008", "0003")


def test_a_payout_to_a_person_is_sent_so(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.paid_out()]
    result = client.payout(PAYOUT)
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://tlt.allinpay.com/aipg/ProcessServlet")
    assert verified_packet(platform, call) == HEAD.format("100014", "P0000001") + f"<TRANS>{TRANS}{PERSONAL}</TRANS></AIPG>"
    assert (result.raw.where, result.raw.code) == ("detail.RET_CODE", "0000")
    assert (result.outcome, result.canonical) == (Outcome.PENDING, "PAYOUT_PROCESSING"), "the answer states no amount"
    assert result.settlement_date is not None


def test_a_payout_to_a_company_is_sent_so(platform: Platform, script: Script) -> None:
    order = PAYOUT.model_copy(
        update={
            "payee": COMPANY,
            "purpose": "货款<1&2>",
            "remark": "备注",
            "channel_fields": {"BUSINESS_CODE": "09100", "CUST_USERID": "u1"},
        }
    )
    script.answers = [platform.paid_out()]
    with opened(platform, script, tlt=platform.tlt(user_pass="111111")) as client:
        client.payout(order)
    text = verified_packet(platform, script.calls[0])
    assert "<USER_PASS>111111</USER_PASS>" in text
    assert text.endswith(
        "<TRANS><BUSINESS_CODE>09100</BUSINESS_CODE><MERCHANT_ID>200604000000445</MERCHANT_ID>"
        "<SUBMIT_TIME>20260601200000</SUBMIT_TIME><BANK_CODE>0102</BANK_CODE><ACCOUNT_TYPE>00</ACCOUNT_TYPE>"
        "<ACCOUNT_NO>1000-2000-3000</ACCOUNT_NO><ACCOUNT_NAME>某某公司</ACCOUNT_NAME><ACCOUNT_PROP>1</ACCOUNT_PROP>"
        "<AMOUNT>30</AMOUNT><CURRENCY>CNY</CURRENCY><CUST_USERID>u1</CUST_USERID><REMARK>备注</REMARK>"
        "<SUMMARY>货款&lt;1&amp;2&gt;</SUMMARY><UNION_BANK>102100099996</UNION_BANK></TRANS></AIPG>"
    )


@pytest.mark.parametrize(
    ("kind", "wanted"), [(AccountKind.DEBIT_CARD, "00"), (AccountKind.PASSBOOK, "01"), (AccountKind.CREDIT_CARD, "02")]
)
def test_kinds_of_accounts(client: ChannelClient, script: Script, platform: Platform, kind: AccountKind, wanted: str) -> None:
    person = PERSON.model_copy(update={"account_kind": kind, "id_type": "0", "id_no": "510265790128303", "mobile": "18100000000"})
    script.answers = [platform.paid_out()]
    client.payout(PAYOUT.model_copy(update={"payee": person}))
    text = verified_packet(platform, script.calls[0])
    assert f"<ACCOUNT_TYPE>{wanted}</ACCOUNT_TYPE>" in text
    assert "<ID_TYPE>0</ID_TYPE><ID>510265790128303</ID><TEL>18100000000</TEL>" in text


def test_a_payout_sent_again_is_the_same_content(client: ChannelClient, script: Script) -> None:
    prepared = client.prepare(PAYOUT)
    for _ in range(2):
        client.payout(prepared)
    assert script.calls[0].body == script.calls[1].body
    assert prepared.wire == {"MERCHANT_ID": MERCHANT_ID, "SUBMIT_TIME": "20260601200000", "payee": "4321"}


@pytest.mark.parametrize("code", ["0000", "3004"])
def test_what_was_paid_to_another_account_under_its_number_says_nothing_of_a_payout(
    client: ChannelClient, script: Script, platform: Platform, code: str
) -> None:
    asked = PayoutQuery.of(client.prepare(PAYOUT))
    script.answers = [platform.tells({"ACCOUNT_NO": shown, "RET_CODE": code}) for shown in ("6222021234567890000", "0000")]
    for _ in range(2):
        result = client.query_payout(asked)
        assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_MISMATCH", False)
    script.answers = [platform.tells({"ACCOUNT_NO": shown, "RET_CODE": code}) for shown in ("6222021234567894321", "4321")]
    assert {client.query_payout(asked).outcome for _ in range(2)} == {Outcome.SUCCEEDED if code == "0000" else Outcome.FAILED}


@pytest.mark.parametrize("code", ["0000", "4000", "2007", "0014"])
@pytest.mark.parametrize("info", ["1105", "1999", "0001"])
def test_an_envelope_that_was_refused_is_not_believed_above_a_detail_that_was_not(
    client: ChannelClient, script: Script, platform: Platform, info: str, code: str
) -> None:
    script.answers = [platform.paid_out(code, info), platform.tells({"RET_CODE": code}, info=info)]
    for result in (client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT))):
        assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_UNREADABLE", False)
    lines = [{"BATCHID": "B0000001", "SN": sn, "RET_CODE": code} for sn in ("0001", "0002")]
    script.answers = [platform.tells(*lines, info=info)]
    batch = client.query_payout_batch(PayoutBatchQuery.of(BATCH))
    assert {batch.outcome, *(line.outcome for line in batch.lines)} == {Outcome.UNKNOWN}


def test_an_envelope_that_was_refused_may_say_so_once_more_below(
    client: ChannelClient, script: Script, platform: Platform
) -> None:
    script.answers = [platform.paid_out("1105", "1105"), platform.tells({"RET_CODE": "3004"}, info="1999")]
    assert client.payout(PAYOUT).canonical == "PARAMETER_INVALID"
    assert client.query_payout(PayoutQuery.of(PAYOUT)).outcome is Outcome.FAILED


def test_a_paid_payout_is_found(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.tells({})]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    asked = verified_packet(platform, script.calls[0])
    assert asked == HEAD.format("200004", QUERY_SN) + (
        f"<QTRANSREQ><QUERY_SN>P0000001</QUERY_SN><MERCHANT_ID>{MERCHANT_ID}</MERCHANT_ID><STATUS>2</STATUS><TYPE>1</TYPE>"
        "</QTRANSREQ></AIPG>"
    )
    assert (result.outcome, result.merchant_order_id, result.amounts.order) == (Outcome.SUCCEEDED, "P0000001", Money(30))
    assert result.paid_at is not None
    assert result.paid_at.isoformat() == "2026-06-01T20:00:01+08:00"
    assert "6222021234567894321" not in repr(result)
    assert "张三" not in repr(result)


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"AMOUNT": "31"}, "AMOUNT_MISMATCH"),
        ({"AMOUNT": ""}, "AMOUNT_MISMATCH"),
        ({"AMOUNT": "0.30"}, "REPLY_UNREADABLE"),
        ({"BATCHID": "P0000002"}, "REPLY_MISMATCH"),
        ({"BATCHID": ""}, "REPLY_MISMATCH"),
        ({"RET_CODE": ""}, "REPLY_UNREADABLE"),
        ({"RET_CODE": "3777"}, "UNMAPPED_CODE"),
    ],
)
def test_what_is_not_this_payout_paid_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, changes: dict[str, str], canonical: str
) -> None:
    script.answers = [platform.tells(changes)]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


def test_two_details_of_one_payout_are_none(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.tells({}, {"RET_CODE": "3031"}), platform.tells()]
    assert client.query_payout(PayoutQuery.of(PAYOUT)).canonical == "REPLY_UNREADABLE"
    assert client.query_payout(PayoutQuery.of(PAYOUT)).canonical == "REQUEST_ACCEPTED", "processed, and nothing told"


@pytest.mark.parametrize(
    "head", [{"REQ_SN": "P0000001"}, {"TRX_CODE": "100014"}, {"MERCHANT_ID": "200604000000446"}, {"REQ_SN": ""}]
)
def test_an_answer_to_another_request_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, head: dict[str, str]
) -> None:
    script.answers = [platform.returns({"TRX_CODE": "200004", "REQ_SN": QUERY_SN, "RET_CODE": "1999", **head})]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


@pytest.mark.parametrize("code", ["1000", "1001", "1002", "1105", "1106", "1102", "1777"])
def test_a_query_that_is_refused_fails_no_payout(client: ChannelClient, script: Script, platform: Platform, code: str) -> None:
    script.answers = [platform.tells(info=code)]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (result.outcome, result.raw.where, result.raw.code) == (Outcome.UNKNOWN, "INFO.RET_CODE", code)
    assert not result.new_id_allowed
    assert result.not_found_conclusive_after is None


@pytest.mark.parametrize("code", ["1001", "1101", "1105", "1106"])
def test_a_packet_that_was_refused_whole_has_failed(client: ChannelClient, script: Script, platform: Platform, code: str) -> None:
    script.answers = [platform.paid_out(code, info=code)]
    result = client.payout(PAYOUT)
    assert (result.outcome, result.new_id_allowed, result.raw.where) == (Outcome.FAILED, False, "INFO.RET_CODE")


@pytest.mark.parametrize("code", ["1000", "1102", "1002", "0001", "0002", "2002", "2004", "2006", "1999", "1777", "3031"])
def test_an_envelope_that_may_speak_of_an_earlier_attempt_fails_nothing(
    client: ChannelClient, script: Script, platform: Platform, code: str
) -> None:
    """1000 also covers errors of processing, and a number used before has no code that is known for sure."""
    script.answers = [platform.paid_out(code, info=code)]
    result = client.payout(PAYOUT)
    assert (result.outcome, result.raw.where, result.raw.code) == (Outcome.UNKNOWN, "INFO.RET_CODE", code)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        *(("info", code) for code in (*IN_BETWEEN, *UNKNOWN, "4000")),
        *(("detail", code) for code in (*IN_BETWEEN, *UNKNOWN, "4000", "0014")),
    ],
)
def test_what_is_in_between_is_never_an_end(
    client: ChannelClient, script: Script, platform: Platform, code: str, place: str
) -> None:
    """4000 too: the sources disagree whether it is success."""
    answers = (
        [platform.paid_out(code, info=code), platform.tells(info=code)]
        if place == "info"
        else [platform.paid_out(code), platform.tells({"RET_CODE": code})]
    )
    script.answers = list(answers)
    told, found = client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT))
    wanted = Outcome.UNKNOWN if code in UNKNOWN else Outcome.PENDING
    assert (told.outcome, found.outcome) == (wanted, wanted)
    assert told.raw.where == ("INFO.RET_CODE" if place == "info" else "detail.RET_CODE")


@pytest.mark.parametrize(
    ("code", "canonical"),
    [("3004", "PAYEE_ACCOUNT_WRONG"), ("3031", "PAYEE_NAME_MISMATCH"), ("3063", "PAYEE_IDENTITY_MISMATCH")],
)
def test_what_is_plainly_the_payee_s_account_fails(
    client: ChannelClient, script: Script, platform: Platform, code: str, canonical: str
) -> None:
    script.answers = [platform.paid_out(code), platform.tells({"RET_CODE": code, "ERR_MSG": "账号户名不符"})]
    told, found = client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT))
    assert (told.outcome, told.canonical, told.new_id_allowed) == (Outcome.FAILED, canonical, False)
    assert (found.outcome, found.canonical, found.new_id_allowed) == (Outcome.FAILED, canonical, True)
    assert found.raw.message == "账号户名不符"


def test_what_is_not_plain_waits_for_the_query(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.paid_out("3999"), platform.tells({"RET_CODE": "3999"})]
    assert client.payout(PAYOUT).outcome is Outcome.UNKNOWN
    assert client.query_payout(PayoutQuery.of(PAYOUT)).outcome is Outcome.FAILED


@pytest.mark.parametrize("code", ["0001", "0002", "1999", "2002", "2004"])
def test_a_payout_that_a_query_calls_final_has_failed(
    client: ChannelClient, script: Script, platform: Platform, code: str
) -> None:
    script.answers = [platform.tells(info=code)]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (result.outcome, result.new_id_allowed) == (Outcome.FAILED, True)
    script.answers = [platform.returns({"TRX_CODE": "200004", "REQ_SN": f"{QUERY_SN[:-1]}9", "RET_CODE": code})]
    other = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (other.outcome, other.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH"), "it names no payout but by its question"


def test_a_payout_that_came_back(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.tells({"RET_CODE": "3056"})]
    assert client.query_payout(PayoutQuery.of(PAYOUT)).outcome is Outcome.RETURNED


def test_what_is_not_signed_by_allinpay_is_unknown(client: ChannelClient, script: Script, platform: Platform) -> None:
    good = platform.tells({})
    changed = HttpReply(200, {}, good.body.replace(b"<AMOUNT>30<", b"<AMOUNT>30 <"))
    unsigned = HttpReply(200, {}, good.body.replace(b"SIGNED_MSG", b"SIGNED"))
    forged = platform.returns({"TRX_CODE": "200004", "REQ_SN": QUERY_SN, "RET_CODE": "1999"}, key=platform.merchant)
    script.answers = [changed, unsigned, forged]
    told = [client.query_payout(PayoutQuery.of(PAYOUT)) for _ in range(3)]
    assert [(one.outcome, one.canonical) for one in told] == [(Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")] * 3


def test_lost_and_unreadable_answers_are_unknown(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [
        TransportFailure("gone", maybe_sent=True),
        HttpReply(200, {}, b"<html>"),
        HttpReply(200, {}, b"<AIPG><INFO/><INFO/></AIPG>"),
        HttpReply(502, {}, platform.paid_out("3031").body),
    ]
    assert [client.payout(PAYOUT).outcome for _ in range(4)] == [Outcome.UNKNOWN] * 4
    script.answers = [TransportFailure("refused", maybe_sent=False)]
    with pytest.raises(NotSentError):
        client.payout(PAYOUT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant_order_id": "a b"}, "merchant_order_id"),
        ({"merchant_order_id": "a" * 61}, "merchant_order_id"),
        ({"amount": Money(10**12)}, "amount"),
        ({"debit_account": "1"}, "debit_account"),
        ({"requested_speed": Speed.REAL_TIME}, "requested_speed"),
        ({"purpose": "表情😀"}, "purpose"),
        ({"remark": "a\tb"}, "remark"),
        ({"channel_fields": {"BUSINESS_CODE": "9900"}}, "channel_fields.BUSINESS_CODE"),
        ({"payee": {"bank_code": None}}, "payee.bank_code"),
        ({"payee": {"bank_code": "102100099996"}}, "payee.bank_code"),
        ({"payee": {"account_no": "62220212"}}, "payee.account_no"),
        ({"payee": {"name": "张😀"}}, "payee.name"),
        ({"payee": {"name": " 张三"}}, "payee.name"),
        ({"payee": {"id_no": "510265790128303"}}, "payee.id_type"),
        ({"payee": {"id_type": "0"}}, "payee.id_type"),
        ({"payee": {"mobile": "+86 1"}}, "payee.mobile"),
        ({"company": {"cnaps_code": None}}, "payee.cnaps_code"),
        ({"company": {"cnaps_code": "105100000017"}}, "payee.cnaps_code"),
        ({"company": {"account_no": "1 2"}}, "payee.account_no"),
    ],
)
def test_what_is_refused_before_sending_names_its_field(
    client: ChannelClient, script: Script, changes: dict[str, Any], field: str
) -> None:
    update = dict(changes)
    if "payee" in changes:
        update = {"payee": PersonalAccount(**{**PERSON.model_dump(), **changes["payee"]})}
    if "company" in changes:
        update = {"payee": CorporateAccount(**{**COMPANY.model_dump(), **changes["company"]})}
    order = PayoutOrder(**{**dict(PAYOUT), **update})
    with pytest.raises(PaymentChannelError) as refused:
        client.payout(order)
    assert refused.value.field == field
    assert field in refused.value.zh
    assert field in refused.value.en
    line = order.model_copy(update={"merchant_order_id": "L2"})
    if field != "merchant_order_id":
        with pytest.raises(PaymentChannelError) as refused:
            client.payout_batch(BATCH.model_copy(update={"lines": (LINES[0], line)}))
        assert (refused.value.field or "").startswith(("lines.1.", "channel_fields."))
    assert script.calls == []


@pytest.mark.parametrize(
    ("payee", "canonical"),
    [
        (PERSON.model_copy(update={"bank_code": None}), "PAYEE_ACCOUNT_INCOMPLETE"),
        (COMPANY.model_copy(update={"cnaps_code": None}), "PAYEE_ACCOUNT_INCOMPLETE"),
        (COMPANY.model_copy(update={"cnaps_code": "105100000017"}), "PAYEE_ACCOUNT_CONTRADICTORY"),
        (PERSON.model_copy(update={"cnaps_code": "105100000017"}), "PAYEE_ACCOUNT_CONTRADICTORY"),
    ],
)
def test_an_account_that_lacks_something_or_contradicts_itself_says_so(
    client: ChannelClient, payee: PersonalAccount | CorporateAccount, canonical: str
) -> None:
    with pytest.raises(PaymentChannelError) as refused:
        client.payout(PAYOUT.model_copy(update={"payee": payee}))
    assert refused.value.canonical == canonical


@pytest.mark.parametrize("bank_code", ["102", "01020000", "0403", "99999"])
def test_other_codes_of_banks_are_not_compared(client: ChannelClient, script: Script, platform: Platform, bank_code: str) -> None:
    script.answers = [platform.paid_out()]
    client.payout(PAYOUT.model_copy(update={"payee": COMPANY.model_copy(update={"bank_code": bank_code})}))
    assert len(script.calls) == 1


@pytest.mark.parametrize("payee", [PERSON, COMPANY], ids=["person", "company"])
def test_a_bank_s_code_is_completed_from_the_merchant_s_list(
    platform: Platform, script: Script, payee: PersonalAccount | CorporateAccount
) -> None:
    nameless = payee.model_copy(update={"bank_code": None, "cnaps_code": "102100099996"})
    script.answers = [platform.paid_out()]
    with opened(platform, script, tlt=platform.tlt(bank_codes={"102": "01020000", "105": "0105"})) as client:
        client.payout(PAYOUT.model_copy(update={"payee": nameless}))
        other = nameless.model_copy(update={"cnaps_code": "103100000018"})
        with pytest.raises(PaymentChannelError) as refused:
            client.payout(PAYOUT.model_copy(update={"payee": other}))
    assert "<BANK_CODE>01020000</BANK_CODE>" in verified_packet(platform, script.calls[0])
    assert (refused.value.field, refused.value.canonical) == ("payee.bank_code", "PAYEE_ACCOUNT_INCOMPLETE")


def test_a_list_of_banks_that_is_none_is_refused(platform: Platform) -> None:
    for wrong in ({"10": "0102"}, {"102": "ICBC"}):
        with pytest.raises(ConfigurationError):
            platform.tlt(bank_codes=wrong)


def test_a_company_without_its_bank_number_where_the_merchant_knows_better(platform: Platform, script: Script) -> None:
    """That 联行号 is demanded is practice and no document: the setting may be turned off, and nothing is guessed."""
    company = COMPANY.model_copy(update={"cnaps_code": None})
    script.answers = [platform.paid_out()]
    with opened(platform, script, tlt=platform.tlt(union_bank_required=False)) as client:
        client.payout(PAYOUT.model_copy(update={"payee": company}))
    assert "UNION_BANK" not in verified_packet(platform, script.calls[0])


def test_a_batch_has_one_business_code(client: ChannelClient) -> None:
    line = LINES[1].model_copy(update={"channel_fields": {"BUSINESS_CODE": "09100"}})
    with pytest.raises(PaymentChannelError):
        client.payout_batch(PayoutBatchOrder(merchant_batch_id="B1", ordered_at=NOW, lines=(line,)))


def test_a_halved_configuration_says_which_half_is_missing(platform: Platform, script: Script) -> None:
    with opened(platform, script, tlt=None) as client:
        for ask in (
            lambda: client.payout(PAYOUT),
            lambda: client.query_payout(PayoutQuery.of(PAYOUT)),
            lambda: client.payout_batch(BATCH),
            lambda: client.query_payout_batch(PayoutBatchQuery.of(BATCH)),
        ):
            with pytest.raises(PaymentChannelError) as refused:
                ask()
            assert (refused.value.field, refused.value.canonical) == ("tlt", "CONFIGURATION_INVALID")
            assert "通联通" in refused.value.zh
        assert client.query(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN
    assert [call.url.rpartition("/")[2] for call in script.calls] == ["query"]
    assert ORDER_ID in script.calls[0].body.decode()


def test_keys_that_cannot_be_used_are_refused(platform: Platform, script: Script) -> None:
    for changes, field in (({"pfx_password": "wrong"}, "tlt.merchant_pfx"), ({"platform_cert": "nonsense"}, "tlt.platform_cert")):
        with pytest.raises(PaymentChannelError) as refused:
            opened(platform, script, tlt=platform.tlt(**changes))
        assert refused.value.field == field
