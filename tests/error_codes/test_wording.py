"""The rules of the texts: none invites to what its row forbids, none speaks of money that its row is not about."""

from collections.abc import Mapping
from typing import Any

import pytest

from error_codes import canonical, channels, outward, rows, texts, translate
from error_codes.canonical_rules import Canon
from error_codes.form import TEXTS, Table
from error_codes.wording import (
    CANON_RULES,
    NEW_NUMBER,
    OTHER_CHANNEL,
    ROW_RULES,
    SAME_NUMBER,
    fitting,
    invitations,
    invites,
    numbers,
    steps,
)

PLAIN = {
    f"{name}_{language}": text for name in TEXTS for language, text in (("zh", "没有受理。"), ("en", "Nothing was taken in."))
}
REFUSED: dict[str, Any] = {**PLAIN, "effect": "failed", "next_action": "stop", "outward": "NO"}
NO = {"http": 400, "zh": "没有受理。", "en": "Nothing was taken in."}
ROW: dict[str, Any] = {
    "where": "code",
    "code": "00",
    "operations": ["pay"],
    "canonical": "REFUSED",
    "zh": "参数错误",
    "en": "A parameter is wrong",
}


def table(row: Mapping[str, Any], entry: Mapping[str, Any] = REFUSED, told: Mapping[str, Any] = NO, kind: str = "codes") -> Table:
    return Table("shop.toml", {kind: [row]}, {"REFUSED": entry}, outward={"NO": told})


@pytest.mark.parametrize(
    "text",
    [
        "更正后可用新单号重付",
        "充值后换新退款单号重新申请",
        "查单确认后换单号",
        "查单后请用户用新订单重付",
        "换新的 out_trade_no 重新下单",
        "correct it and pay under a new number",
        "a further payment needs a new order number",
        "query it, then use another number",
        "order again under a new out_trade_no",
        "The order of this number is closed; use a new one.",
    ],
)
def test_an_invitation_to_a_new_number_is_found_where_it_is_forbidden(text: str) -> None:
    told = {"zh": text} if any(sign >= "\u4e00" for sign in text) else {"en": text}
    assert len(list(invitations(table({**ROW, **told})))) == 1
    assert len(list(invitations(table(ROW, {**REFUSED, "operator_zh": text})))) == 1
    assert len(list(invitations(table(ROW, told={**NO, "en": text})))) == 1
    assert list(invitations(table({**ROW, **told, "new_id_allowed": True}))) == []


@pytest.mark.parametrize(
    "text",
    [
        "结果未知，请先查单，勿换单重付。",
        "先查原单，勿换单号",
        "不换退款单号，用相同参数再次申请",
        "不要更换单号",
        "重新下单支付",
        "刷新订单后查询",
        "query first, and do not pay again under a new number.",
        "query the original, never change the number",
        "This number was sent before with other content",
        "The answer speaks of another order or merchant.",
    ],
)
def test_a_prohibition_and_a_plain_word_are_no_invitation(text: str) -> None:
    assert not invites(NEW_NUMBER, text)
    assert not invites(OTHER_CHANNEL, text)


def test_a_text_that_is_not_told_invites_nobody() -> None:
    """A row that says less than its code is told with the words of the unknown."""
    entry = {**REFUSED, "operator_zh": "用新单号重付"}
    assert list(invitations(table({**ROW, "effect": "unknown"}, entry))) == []


def test_after_the_end_no_text_asks_for_the_same_number() -> None:
    again = {**REFUSED, "merchant_zh": "更正后可用原单号重试"}
    assert list(invitations(table(ROW, again))) == []
    assert len(list(invitations(table(ROW, again, kind="states")))) == 1
    assert len(list(invitations(table({**ROW, "new_id_allowed": True}, again)))) == 1


@pytest.mark.parametrize(
    "text", ["原单号重试", "充值后原单原参数重试", "try the same number", "top up and repeat the same number"]
)
def test_what_asks_for_the_same_number_is_known(text: str) -> None:
    assert invites(SAME_NUMBER, text)
    assert not invites(SAME_NUMBER, "核对原单号、商户号；Check its number")


def test_an_invitation_to_another_channel_needs_failover() -> None:
    row = {**ROW, "zh": "没有受理，可走其他渠道"}
    assert len(list(invitations(table(row)))) == 1
    assert list(invitations(table({**row, "failover": True}))) == []


def test_a_next_action_leads_nowhere_that_the_row_forbids() -> None:
    new = {**ROW, "next_action": "new_id_after_confirmed_failure"}
    over = {**ROW, "next_action": "fail_over"}
    assert len(list(steps(table(new)))) == len(list(steps(table(over)))) == 1
    assert list(steps(table({**new, "new_id_allowed": True}))) == []
    assert list(steps(table({**over, "failover": True}))) == []
    assert len(list(steps(table(ROW, {**REFUSED, "next_action": "fail_over"})))) == 1  # inherited


@pytest.mark.parametrize(
    ("text", "fits", "others"),
    [
        ("余额不足，没有扣款。", ["pay", "query", "notification.payment"], ["refund", "payout", "query_refund", "cancel"]),
        ("please pay another way", ["pay.native"], ["query_payout"]),
        ("退款没有成功，款项未退。", ["refund", "query_refund"], ["payout", "pay"]),
        ("nothing was refunded", ["notification.refund"], ["notification.payment"]),
        ("款项未付出。", ["payout", "query_payout", "cancel_payout"], ["refund", "query"]),
        ("The request never left.", [], ["pay", "refund", "payout"]),
        ("没有受理，本次没有动账。", ["pay", "refund", "payout", "cancel"], []),
        ("nothing was taken in", ["pay", "refund", "payout"], []),
    ],
)
def test_words_of_money_fit_the_verb(text: str, fits: list[str], others: list[str]) -> None:
    for operation in fits:
        assert list(fitting(table({**ROW, "operations": [operation]}, {**REFUSED, "merchant_zh": text}))) == []
    for operation in others:
        row = {**ROW, "operations": [operation]}
        assert len(list(fitting(table(row, {**REFUSED, "merchant_zh": text})))) == 1
        assert len(list(fitting(table(row, told={**NO, "zh": text})))) == 1
        assert list(fitting(table({**row, "effect": "unknown"}, {**REFUSED, "merchant_zh": text}))) == []
    if fits and others:  # one verb that does not fit is one too many
        assert len(list(fitting(table({**ROW, "operations": [fits[0], others[0]]}, {**REFUSED, "payer_en": text})))) == 1


def test_canonical_texts_are_silent_about_numbers() -> None:
    said = {**REFUSED, "operator_zh": "补齐后用原单号重试"}
    assert list(numbers(Canon({"NO": NO}, {"REFUSED": REFUSED}))) == []
    assert [found.place for found in numbers(Canon({"NO": NO}, {"REFUSED": said}))] == ["REFUSED"]
    assert list(numbers(Canon({"NO": NO}, {"REFUSED": {**said, "effect": "unknown"}}))) == []  # the same number is safe there
    assert [found.place for found in numbers(Canon({"NO": {**NO, "en": "try the same number later"}}, {}))] == ["NO"]
    assert (
        list(numbers(Canon({"NO": NO}, {"REFUSED": {**REFUSED, "effect": "unknown", "operator_en": "use a new number"}}))) != []
    )


def test_what_is_wrong_with_a_text_is_told_in_both_languages() -> None:
    text = "use another channel, nothing was refunded"
    (found,) = invitations(table({**ROW, "en": text}))
    assert (found.zh, found.en) == (
        f"文案引导换渠道，而 failover 不允许：{text}",
        f"it invites to another channel, which failover forbids: {text}",
    )
    (found,) = fitting(table(ROW, told={**NO, "en": text}))
    assert (found.zh, found.en) == (
        f"REFUSED 的文案说的是退款（{text}），而本行的操作是 pay",
        f"REFUSED speaks of a refund ({text}), and the row is about pay",
    )


def test_every_rule_says_what_it_wants() -> None:
    assert all(rule.__doc__ for rule in (*ROW_RULES, *CANON_RULES))


# --- what the real tables tell, in words written down here

CHARGED = ("扣款", "nothing was taken", "换一种方式支付", "pay another way")
NOT_OF_PAYMENTS = {"refund", "query_refund", "payout", "query_payout", "cancel_payout", "cancel"}


def test_nobody_is_told_that_a_payment_was_not_taken_when_its_refund_was_refused() -> None:
    meaning = translate("wechat", "refund", where="code", code="USER_ACCOUNT_ABNORMAL", http=403)
    told = texts(meaning.canonical, meaning.effect)
    published = outward(meaning.canonical, meaning.effect)
    for said in (told.payer_zh, told.payer_en, told.merchant_zh, told.merchant_en, published.zh, published.en):
        assert not any(word in said for word in CHARGED)
    assert published.code == "REFUND_DECLINED"


def test_no_failed_refund_or_payout_is_told_in_the_words_of_a_payment() -> None:
    for channel in channels():
        for row in rows(channel):
            if row.effect != "failed" or not {operation.partition(".")[0] for operation in row.operations} & NOT_OF_PAYMENTS:
                continue
            told, published = texts(row.canonical, row.effect), outward(row.canonical, row.effect)
            for said in (told.payer_zh, told.payer_en, told.merchant_zh, told.merchant_en, published.zh, published.en):
                assert not any(word in said.replace("nothing was taken in", "") for word in CHARGED), (channel, row.code, said)


def test_a_refusal_for_risk_and_a_lack_of_funds_are_published_in_words_that_are_true_of_every_verb() -> None:
    assert outward("RISK_REFUSED").code == outward("PAYER_PAYEE_SAME").code == "TRANSACTION_DECLINED"
    assert outward("MERCHANT_FUNDS_INSUFFICIENT").code == outward("PAYER_FUNDS_INSUFFICIENT").code == "INSUFFICIENT_FUNDS"
    for code in ("RISK_REFUSED", "MERCHANT_FUNDS_INSUFFICIENT"):
        assert "没有动账" in outward(code).zh
        assert "no money" in outward(code).en


def test_a_new_number_is_named_as_the_next_step_only_where_it_is_allowed() -> None:
    for channel in channels():
        for row in rows(channel):
            assert row.next_action != "new_id_after_confirmed_failure" or row.new_id_allowed, (channel, row.where, row.code)
            assert row.next_action != "fail_over" or row.failover, (channel, row.where, row.code)


def test_the_text_of_a_failed_payout_says_nothing_of_numbers() -> None:
    entry = canonical("PAYOUT_FAILED")
    for text in (entry.merchant_zh, entry.operator_zh):
        assert "单号" not in text
    for text in (entry.merchant_en, entry.operator_en):
        assert "number" not in text
