"""Models are immutable, refuse unknown fields in both languages, and print nothing secret."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self

import pytest
from pydantic import TypeAdapter, ValidationError, model_validator

from error_codes import own
from payment_channels import (
    CancelOrder,
    CorporateAccount,
    InvalidRequestError,
    Money,
    OriginalPayment,
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    Prepared,
    RefundOrder,
    RefundQuery,
    ShowQrCode,
    Wallet,
)
from payment_channels.model.record import Request
from payment_channels.model.results import Evidence, EvidenceKind, Outcome, PaymentFacts, PaymentResult, PayoutFacts, RawCode

AT = datetime(2026, 6, 1, tzinfo=UTC)
ACCOUNT, NAME, ID_NO = "6226090000000048", "张三", "510265790128303"


def payee() -> PersonalAccount:
    return PersonalAccount(account_no=ACCOUNT, name=NAME, id_no=ID_NO, mobile="18100000000")


def payout() -> PayoutOrder:
    return PayoutOrder(merchant_order_id="P1", ordered_at=AT, amount=Money(1), payee=payee(), debit_account="117010100100000117")


def test_repr_covers_accounts_names_and_numbers() -> None:
    shown = f"{payout()!r} {payout()} {payee()} {PaymentCode(code='134567890123456789')}"
    for secret in (ACCOUNT, NAME, ID_NO, "18100000000", "117010100100000117", "134567890123456789"):
        assert secret not in shown
    assert "***0048" in shown


def test_a_wrong_field_is_named_and_its_content_is_not_shown() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        PersonalAccount(account_no=ACCOUNT * 9, name=NAME)
    assert caught.value.field == "account_no"
    assert "account_no" in caught.value.zh
    assert "account_no" in caught.value.en
    assert ACCOUNT not in str(caught.value)


class Inner(Request):
    mode: Literal["first", "last"] = "first"

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        if self.mode == "last":
            reason = "mode: nobody is last (没有末位)"
            raise ValueError(reason)
        return self


class Outer(Request):
    inner: Mapping[str, Inner]


@pytest.mark.parametrize(
    ("fields", "field", "zh", "en"),
    [
        (
            {"inner": {"a": {"mode": "mid"}}, "outer": 1},
            "inner.a.mode",
            "Outer 的字段不正确：inner.a.mode：只能写 'first' or 'last'；outer：没有此项，请检查名称",
            "Outer has wrong fields: inner.a.mode: write 'first' or 'last'; outer: there is no such field: look at its name",
        ),
        (
            {"inner": {"a": {"mode": "last"}}},
            "inner.a",
            "Outer 的字段不正确：inner.a：mode: nobody is last (没有末位)",
            "Outer has wrong fields: inner.a: mode: nobody is last (没有末位)",
        ),
        ({}, "inner", "Outer 的字段不正确：inner：必填", "Outer has wrong fields: inner: it is required"),
    ],
)
def test_each_wrong_field_is_named_once_however_deep(fields: dict[str, object], field: str, zh: str, en: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Outer(**fields)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.zh.endswith(f"。{zh}")
    assert refused.value.en.endswith(f". {en}")


def test_what_is_read_from_json_does_not_show_its_content_either() -> None:
    with pytest.raises(ValidationError) as caught:
        PersonalAccount.model_validate_json(f'{{"account_no": "{ACCOUNT * 9}", "name": "{NAME}"}}')
    assert ACCOUNT not in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        PayoutFacts.model_validate_json(f'{{"payee_account": ["{ACCOUNT}"]}}')
    assert ACCOUNT not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"ordered_at": datetime(2026, 6, 1)},  # noqa: DTZ001  the point: a naive time is refused
        {"amount": Money(0)},
        {"amount": Money(-1)},
        {"merchant_order_id": ""},
        {"no_such_field": 1},
    ],
)
def test_orders_refuse_what_makes_no_sense(fields: dict[str, object]) -> None:
    good = {"merchant_order_id": "A1", "ordered_at": AT, "amount": Money(1), "product": "native", "subject": "x"}
    PaymentOrder(**good)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError):
        PaymentOrder(**{**good, **fields})  # type: ignore[arg-type]


def test_models_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        payout().amount = Money(2)  # type: ignore[misc]


def test_a_refund_never_exceeds_its_payment_nor_changes_currency() -> None:
    original = OriginalPayment(merchant_order_id="A1", amount=Money(100))
    for amount in (Money(101), Money(1, "USD")):
        with pytest.raises(InvalidRequestError, match="exceed"):
            RefundOrder(merchant_refund_id="R1", ordered_at=AT, amount=amount, original=original)


def test_the_payee_is_typed_and_survives_json() -> None:
    for party in (
        payee(),
        CorporateAccount(account_no="1", name="某某有限公司", cnaps_code="102100099996"),
        Wallet(wallet_id="o1"),
    ):
        order = PayoutOrder(merchant_order_id="P1", ordered_at=AT, amount=Money(1), payee=party)
        prepared = Prepared(channel="wechat", order=order, wire={"txnTime": "20260601000000"}, prepared_at=AT)
        again = TypeAdapter(Prepared).validate_json(prepared.model_dump_json())
        assert again == prepared
        assert isinstance(again.order, PayoutOrder)
        assert type(again.order.payee) is type(party)


def test_a_cnaps_code_has_twelve_digits() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        CorporateAccount(account_no="1", name="某某有限公司", cnaps_code="10210009999")
    assert caught.value.field == "cnaps_code"


def test_queries_are_made_of_what_was_persisted() -> None:
    payment = PaymentOrder(
        merchant_order_id="A1", ordered_at=AT, amount=Money(7), product="native", subject="x", expires_at=AT, sub_merchant="S"
    )
    prepared = Prepared(channel="c", order=payment, wire={"txnTime": "1"}, prepared_at=AT)
    asked = PaymentQuery.of(prepared)
    assert asked == PaymentQuery(
        merchant_order_id="A1",
        amount=Money(7),
        ordered_at=AT,
        last_sent_at=AT,
        expires_at=AT,
        product="native",
        sub_merchant="S",
        wire={"txnTime": "1"},
    )
    assert PaymentQuery.of(payment) == asked.model_copy(update={"wire": {}, "last_sent_at": None})
    assert PayoutQuery.of(payout()).merchant_order_id == "P1"
    refund = RefundOrder(
        merchant_refund_id="R1", ordered_at=AT, amount=Money(3), original=OriginalPayment(merchant_order_id="A1", amount=Money(7))
    )
    assert RefundQuery.of(refund) == RefundQuery(merchant_refund_id="R1", merchant_order_id="A1", amount=Money(3), ordered_at=AT)
    with pytest.raises(TypeError, match="RefundOrder"):
        PayoutQuery.of(refund)  # type: ignore[arg-type]


def test_the_original_payment_is_made_of_what_was_persisted_and_found() -> None:
    order = PaymentOrder(merchant_order_id="A1", ordered_at=AT, amount=Money(7), product="gateway", subject="s", sub_merchant="S")
    prepared = Prepared(channel="unionpay", order=order, wire={"txnTime": "20260601200000"}, prepared_at=AT)
    found = PaymentResult(
        channel="unionpay",
        operation="query",
        outcome=Outcome.SUCCEEDED,
        meaning=own("REPLY_LOST"),
        raw=RawCode(),
        evidence=Evidence(kind=EvidenceKind.ANSWERED),
        merchant_order_id="A1",
        channel_order_id="4200",
    )
    whole = OriginalPayment(
        merchant_order_id="A1", channel_order_id="4200", ordered_at=AT, amount=Money(7), product="gateway", wire=prepared.wire
    )
    assert OriginalPayment.of(prepared, found) == whole
    assert OriginalPayment.of(prepared) == whole.model_copy(update={"channel_order_id": None})
    assert OriginalPayment.of(order, found) == whole.model_copy(update={"wire": {}})
    assert OriginalPayment.of(order, found.model_copy(update={"merchant_order_id": None})).channel_order_id == "4200"
    with pytest.raises(ValueError, match="'A1', and found is of 'B1'"):
        OriginalPayment.of(prepared, found.model_copy(update={"merchant_order_id": "B1"}))
    paid_out = Prepared(channel="unionpay", order=payout(), prepared_at=AT)
    with pytest.raises(TypeError, match="PayoutOrder"):
        OriginalPayment.of(paid_out)


def test_a_cancellation_is_asked_after_as_a_refund_of_the_whole() -> None:
    original = OriginalPayment(merchant_order_id="O1", channel_order_id="4200", amount=Money(100), product="app")
    order = CancelOrder(merchant_cancel_id="C1", ordered_at=AT, original=original)
    prepared = Prepared(channel="unionpay", order=order, wire={"txnTime": "20260601200000"}, prepared_at=AT)
    asked = RefundQuery.of(prepared)
    assert (asked.merchant_refund_id, asked.merchant_order_id, asked.amount) == ("C1", "O1", Money(100))
    assert (asked.ordered_at, asked.wire, asked.channel_order_id) == (AT, prepared.wire, None)
    assert RefundQuery.of(order).wire == {}
    with pytest.raises(TypeError, match="nothing to be asked after"):
        RefundQuery.of(order.model_copy(update={"merchant_cancel_id": None}))


def test_a_query_names_its_order_and_its_amount() -> None:
    with pytest.raises(InvalidRequestError, match="merchant_order_id"):
        PaymentQuery(amount=Money(1))
    with pytest.raises(InvalidRequestError) as caught:
        PaymentQuery(merchant_order_id="A1")  # type: ignore[call-arg]
    assert caught.value.field == "amount"


def a_payment() -> PaymentOrder:
    return PaymentOrder(merchant_order_id="A00001", ordered_at=AT, amount=Money(100), product="native", subject="tea")


def test_what_is_put_together_of_checked_parts_is_what_the_model_makes() -> None:
    parts: dict[str, Any] = {"wire": {"mchid": "1"}, "prepared_at": AT, "key_id": "K"}
    made = Prepared.of(a_payment(), "wechat", **parts)
    assert made == Prepared(channel="wechat", order=a_payment(), **parts)
    assert Prepared.model_validate_json(made.model_dump_json()) == made
    action = ShowQrCode.saying("weixin://wxpay/1", valid_until=AT)
    assert action == ShowQrCode(content="weixin://wxpay/1", valid_until=AT)
    facts = PaymentFacts.to_be_paid(action, product="native", merchant_order_id="A00001", channel_order_id="42")
    assert facts == PaymentFacts(product="native", merchant_order_id="A00001", channel_order_id="42", payer_action=action)
    for one in (made, action, facts):
        assert one.model_fields_set == set(type(one).model_fields)
    assert facts.extra is not PaymentFacts.to_be_paid(action, product="native", merchant_order_id="A00001").extra


def forced(order: PaymentOrder | PayoutOrder, **fields: Any) -> PaymentOrder | PayoutOrder:
    """Change an order as nobody should, past every check."""
    vars(order).update(fields)
    return order


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Money(0)}, ""),
        ({"ordered_at": AT.replace(tzinfo=None)}, "ordered_at"),
        ({"subject": ""}, "subject"),
        ({"store_id": ["S1"]}, "store_id"),
        ({"expires_at": datetime.max.replace(tzinfo=UTC)}, "expires_at"),
        ({"shop": "S1"}, "shop"),
    ],
)
def test_no_copy_of_an_order_goes_unchecked(changes: dict[str, Any], field: str) -> None:
    """A core makes a retry of an order by a copy with another number and time: what cannot be read again is not sent."""
    with pytest.raises(InvalidRequestError) as caught:
        a_payment().model_copy(update=changes)
    assert caught.value.field == (field or "PaymentOrder")
    with pytest.raises(InvalidRequestError):
        PaymentOrder.model_construct(**{**vars(a_payment()), **changes})


def test_a_copy_has_the_fields_that_were_given_and_the_changed_ones() -> None:
    order = a_payment()
    changed = order.model_copy(update={"merchant_order_id": "A00002", "attach": "tea"})
    assert changed == PaymentOrder(**{**{name: vars(order)[name] for name in order.model_fields_set}, **vars(changed)})
    assert changed.model_fields_set == order.model_fields_set | {"attach"}
    assert (changed.merchant_order_id, changed.attach, order.attach) == ("A00002", "tea", None)
    assert order.model_copy(deep=True) == order
    assert PaymentOrder.model_construct(**vars(order)) == order


def test_what_was_prepared_is_not_copied_with_another_content_unchecked() -> None:
    made = Prepared.of(a_payment(), "wechat", {}, prepared_at=AT, key_id="")
    with pytest.raises(ValidationError):
        made.model_copy(update={"order": "A00001"})
    with pytest.raises(ValidationError):
        made.model_copy(update={"prepared_at": AT.replace(tzinfo=None)})
    other = made.model_copy(update={"wire": {"mchid": "2"}})
    assert (other.wire, other.order) == ({"mchid": "2"}, made.order)


class Own(PaymentOrder):
    """An order of a caller's own class."""

    shop: str


@pytest.mark.parametrize(
    "part",
    [
        {"channel": 1},
        {"wire": {"txnTime": 20260601}},
        {"wire": {1: "a"}},
        {"prepared_at": AT.replace(tzinfo=None)},
        {"key_id": None},
        {"order": forced(a_payment(), amount=Money(0))},
        {"order": forced(payout(), amount=Money(-100))},
        {"order": forced(Own(**{**vars(a_payment()), "shop": "S1"}), kind="gift")},
    ],
)
def test_a_part_that_nobody_has_checked_is_checked(part: dict[str, Any]) -> None:
    parts = {"order": a_payment(), "channel": "wechat", "wire": {}, "prepared_at": AT, "key_id": "", **part}
    order, channel, wire = parts.pop("order"), parts.pop("channel"), parts.pop("wire")
    with pytest.raises(ValidationError):
        Prepared.of(order, channel, wire, **parts)


def test_an_order_of_a_caller_s_own_class_is_prepared_too() -> None:
    order = Own(**{**vars(a_payment()), "shop": "S1"})
    assert Prepared.of(order, "wechat", {}, prepared_at=AT, key_id="").order is order
