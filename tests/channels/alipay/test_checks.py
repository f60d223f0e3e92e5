"""What Alipay would refuse is refused before sending, naming the field, in both languages."""

from datetime import timedelta
from typing import Any

import pytest

from payment_channels import (
    CancelOrder,
    ChannelClient,
    CloseOrder,
    CorporateAccount,
    InvalidRequestError,
    Money,
    NotSupportedError,
    OriginalPayment,
    PaymentCode,
    PaymentQuery,
    PayoutOrder,
    PersonalAccount,
    RefundOrder,
    Wallet,
    WalletIdKind,
)
from tests.channels.alipay.gateway import NUMBER, order
from tests.conftest import NOW, Script

USER = Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)
ORIGINAL = OriginalPayment(merchant_order_id=NUMBER, amount=Money(8888), product="bar_code")


@pytest.mark.parametrize(
    ("product", "changes", "field"),
    [
        ("precreate", {"merchant_order_id": "a-b"}, "merchant_order_id"),
        ("precreate", {"merchant_order_id": "单"}, "merchant_order_id"),
        ("precreate", {"amount": Money(10_000_000_001)}, "amount"),
        ("precreate", {"subject": "a=b"}, "subject"),
        ("precreate", {"subject": "a&b"}, "subject"),
        ("precreate", {"subject": "a/b"}, "subject"),
        ("precreate", {"attach": ""}, "attach"),
        ("precreate", {"expires_at": NOW - timedelta(seconds=1)}, "expires_at"),
        ("precreate", {"notify_url": "http://example.com/n"}, "notify_url"),
        ("precreate", {"notify_url": "https://example.com/#n"}, "notify_url"),
        ("precreate", {"return_url": "https://example.com/r"}, "return_url"),
        ("precreate", {"payer": USER}, "payer"),
        ("precreate", {"sub_merchant": "2088000000000001"}, "sub_merchant"),
        ("bar_code", {}, "payer"),
        ("bar_code", {"payer": PaymentCode(code="134567890123456789")}, "payer.code"),
        ("bar_code", {"payer": PaymentCode(code="28123456789012345６")}, "payer.code"),
        ("bar_code", {"payer": PaymentCode(code="281234567890123")}, "payer.code"),
        ("create", {"payer": PaymentCode(code="281234567890123456")}, "payer"),
        ("create", {"payer": Wallet(wallet_id="2088", id_kind=WalletIdKind.USER_ID)}, "payer.wallet_id"),
        ("create", {"payer": Wallet(wallet_id="a@b.cn", id_kind=WalletIdKind.LOGIN_ID)}, "payer.id_kind"),
        ("create", {"payer": Wallet(wallet_id="2088102114562585")}, "payer.id_kind"),
        ("wap", {}, "channel_fields.quit_url"),
        ("page", {"channel_fields": {"no_such": 1}}, "channel_fields.no_such"),
    ],
)
def test_payments(client: ChannelClient, script: Script, product: str, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.pay(order(product, **changes))
    assert caught.value.field == field
    assert caught.value.zh
    assert caught.value.en
    assert script.calls == []


@pytest.mark.parametrize(
    "code",
    [*(f"{first}{'1' * 14}" for first in range(25, 31)), "28" + "1" * 22, "fp" + "a1B" * 11],
)
def test_every_documented_form_of_a_payment_code_is_taken(client: ChannelClient, code: str) -> None:
    """用户付款码: 16 to 24 digits that begin with 25 to 30, or fp and 33 letters and digits: the description of auth_code."""
    paid = order("bar_code", payer=PaymentCode(code=code))
    assert client.prepare(paid).order == paid


def test_the_largest_amount_is_taken(client: ChannelClient) -> None:
    """取值范围为[0.01,100000000]: the description of total_amount."""
    largest = order(amount=Money(10_000_000_000))
    assert client.prepare(largest).order == largest


def payout(payee: Any = USER, **changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {"merchant_order_id": "P1", "ordered_at": NOW, "amount": Money(10), "payee": payee, "purpose": "x"}
    return PayoutOrder(**{**fields, **changes})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (payout(merchant_order_id="P 1"), "merchant_order_id"),
        (payout(amount=Money(9)), "amount"),
        (payout(purpose=None), "purpose"),
        (payout(purpose="x" * 129), "purpose"),
        (payout(remark="x" * 201), "remark"),
        (payout(notify_url="https://example.com/n"), "notify_url"),
        (payout(debit_account="2088102146225136"), "debit_account"),
        (payout(requested_date=NOW.date()), "requested_date"),
        (payout(Wallet(wallet_id="a@b.cn", id_kind=WalletIdKind.LOGIN_ID)), "payee.name"),
        (payout(Wallet(wallet_id="1", id_kind=WalletIdKind.USER_ID)), "payee.wallet_id"),
        (payout(Wallet(wallet_id="1", id_kind=WalletIdKind.SUB_OPEN_ID)), "payee.id_kind"),
        (payout(Wallet(wallet_id="2088102114562585")), "payee.id_kind"),  # an open_id where nothing else is said
        (payout(PersonalAccount(account_no="6222021234567894321", name="张三")), "payee.bank_name"),
        (payout(CorporateAccount(account_no="33010101", name="某公司", bank_name="招商银行")), "payee.cnaps_code"),
    ],
)
def test_payouts(client: ChannelClient, script: Script, wrong: PayoutOrder, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.payout(wrong)
    assert caught.value.field == field
    assert script.calls == []


def refund(**changes: Any) -> RefundOrder:
    fields: dict[str, Any] = {"merchant_refund_id": "R1", "ordered_at": NOW, "amount": Money(10), "original": ORIGINAL}
    return RefundOrder(**{**fields, **changes})


@pytest.mark.parametrize(
    ("verb", "wrong", "field"),
    [
        ("refund", refund(merchant_refund_id="R 1"), "merchant_refund_id"),
        ("refund", refund(reason=""), "reason"),
        ("refund", refund(notify_url="https://example.com/n"), "notify_url"),
        ("refund", refund(original=ORIGINAL.model_copy(update={"merchant_order_id": "a b"})), "original.merchant_order_id"),
        ("close", CloseOrder(merchant_order_id="a-b"), "merchant_order_id"),
        ("cancel", CancelOrder(ordered_at=NOW, original=ORIGINAL, notify_url="https://example.com/n"), "notify_url"),
        ("query", PaymentQuery(merchant_order_id="a-b", amount=Money(1)), "merchant_order_id"),
        ("query", PaymentQuery(channel_order_id="a b", amount=Money(1)), "channel_order_id"),
        ("query", PaymentQuery(merchant_order_id="a", amount=Money(1), sub_merchant="2"), "sub_merchant"),
    ],
)
def test_everything_else(client: ChannelClient, script: Script, verb: str, wrong: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        getattr(client, verb)(wrong)
    assert caught.value.field == field
    assert script.calls == []


def test_a_form_cannot_be_cancelled(client: ChannelClient) -> None:
    original = ORIGINAL.model_copy(update={"product": "page"})
    with pytest.raises(NotSupportedError):
        client.cancel(CancelOrder(ordered_at=NOW, original=original))
