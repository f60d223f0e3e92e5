"""Every pay product of WeChat Pay, for a merchant and for a service provider: what is sent, and what the payer is given."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    CancelOrder,
    ChannelClient,
    CloseOrder,
    InvalidRequestError,
    InvokeClient,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentQuery,
    Phase,
    Redirect,
    RefundOrder,
    RefundQuery,
    RefusedError,
    Wallet,
    WalletIdKind,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.conftest import NOW, Platform, Script, payment, scripted

CODE = PaymentCode(code="134567890123456789")
PAID = {
    "out_trade_no": "native12177525012014070332333",
    "transaction_id": "4200000263201902167700134212",
    "trade_state": "SUCCESS",
    "amount": {"total": 100, "payer_total": 100, "currency": "CNY"},
}


@pytest.fixture
def provider(wechat_config: WechatConfig, script: Script) -> Iterator[ChannelClient]:
    """A service provider's client."""
    config = wechat_config.model_copy(update={"service_provider": True, "sub_appid": "wxsub"})
    with scripted(open_channel("wechat", config, clock=lambda: NOW, nonce=lambda: "N"), script) as client:
        yield client


def verify_with(pem: str, message: str, signature: str) -> None:
    key: Any = serialization.load_pem_private_key(pem.encode(), password=None)
    key.public_key().verify(base64.b64decode(signature), message.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_jsapi(client: ChannelClient, script: Script, platform: Platform, merchant_pem: str) -> None:
    script.answers = [platform.answers({"prepay_id": "wx26112221580621e9b071c00d9e093b0000"})]
    result = client.pay(payment(product="jsapi", payer=Wallet(wallet_id="oUpF8uMuAJO")))
    assert urlsplit(script.calls[0].url).path == "/v3/pay/transactions/jsapi"
    assert json.loads(script.calls[0].body)["payer"] == {"openid": "oUpF8uMuAJO"}
    action = result.payer_action
    assert isinstance(action, InvokeClient)
    assert (result.outcome, action.function) == (Outcome.PENDING, "getBrandWCPayRequest")
    given = dict(action.parameters)
    message = f"{given['appId']}\n{given['timeStamp']}\n{given['nonceStr']}\n{given['package']}\n"
    verify_with(merchant_pem, message, given["paySign"])
    assert (given["package"], given["signType"]) == ("prepay_id=wx26112221580621e9b071c00d9e093b0000", "RSA")


def test_app(client: ChannelClient, script: Script, platform: Platform, merchant_pem: str) -> None:
    script.answers = [platform.answers({"prepay_id": "wx1"})]
    action = client.pay(payment(product="app")).payer_action
    assert isinstance(action, InvokeClient)
    given = dict(action.parameters)
    assert set(given) == {"appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"}
    assert (given["package"], given["partnerid"]) == ("Sign=WXPay", "1900000001")
    verify_with(merchant_pem, f"{given['appid']}\n{given['timestamp']}\n{given['noncestr']}\nwx1\n", given["sign"])


def test_h5(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"h5_url": "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1"})]
    result = client.pay(payment(product="h5", payer_ip="14.23.150.211"))
    assert result.payer_action == Redirect(url="https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1")
    scene = json.loads(script.calls[0].body)["scene_info"]
    assert scene == {"payer_client_ip": "14.23.150.211", "h5_info": {"type": "Wap"}}


def test_codepay_is_paid_at_once_or_waits_for_the_payer(client: ChannelClient, script: Script, platform: Platform) -> None:
    order = payment(product="codepay", payer=CODE, notify_url=None, store_id="S1", payer_ip="127.0.0.1")
    script.answers = [
        platform.answers(PAID),
        platform.answers({**PAID, "trade_state": "USERPAYING"}),
        platform.answers({"code": "USERPAYING", "message": "需要用户输入支付密码"}, status=202),
        platform.refuses(202, "USERPAYING"),
    ]
    paid, paying, accepted, forged = (client.pay(order) for _ in range(4))
    body = json.loads(script.calls[0].body)
    assert body["payer"] == {"auth_code": CODE.code}
    assert body["scene_info"] == {"device_ip": "127.0.0.1", "store_info": {"id": "S1"}}
    assert "notify_url" not in body
    assert (paid.outcome, paying.outcome) == (Outcome.SUCCEEDED, Outcome.PENDING)
    assert accepted.outcome in {Outcome.PENDING, Outcome.UNKNOWN}
    assert accepted.canonical == "PAYER_AUTHENTICATING"
    assert forged.outcome is Outcome.UNKNOWN
    assert len(script.calls) == 4, "pay makes one money call and never polls"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": "jsapi"}, "payer"),
        ({"product": "native", "payer": Wallet(wallet_id="o")}, "payer"),
        ({"product": "h5"}, "payer_ip"),
        ({"product": "codepay", "payer": CODE, "store_id": "1"}, "notify_url"),
        ({"product": "codepay", "payer": CODE, "notify_url": None}, "store_id"),
        (
            {"product": "codepay", "payer": PaymentCode(code="164567890123456789"), "notify_url": None, "store_id": "1"},
            "payer.code",
        ),
        (
            {"product": "codepay", "payer": PaymentCode(code="13456789012345678９"), "notify_url": None, "store_id": "1"},
            "payer.code",
        ),
        ({"product": "micropay", "payer": CODE, "notify_url": None, "payer_ip": "127.0.0.1"}, "apiv2_key"),
        ({"sub_merchant": "1900000109"}, "sub_merchant"),
    ],
)
def test_what_a_product_demands(client: ChannelClient, script: Script, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedError) as caught:
        client.pay(payment(**changes))
    assert caught.value.field == field
    assert script.calls == []


def test_a_service_provider_speaks_for_his_merchant(provider: ChannelClient, script: Script, platform: Platform) -> None:
    answer = {
        **PAID,
        "sp_mchid": "1900000001",
        "sp_appid": "wxd678efh567hg6787",
        "sub_mchid": "1900000109",
        "payer": {"sub_openid": "o-2"},
    }
    script.answers = [platform.answers({"prepay_id": "wx1"}), platform.answers(answer), platform.answers(b"", status=204)]
    wallet = Wallet(wallet_id="o-2", id_kind=WalletIdKind.SUB_OPEN_ID)
    order = payment(product="jsapi", payer=wallet, sub_merchant="1900000109")
    action = provider.pay(order).payer_action
    assert isinstance(action, InvokeClient)
    assert action.parameters["appId"] == "wxsub", "the openid's own app calls the wallet"
    body = json.loads(script.calls[0].body)
    assert urlsplit(script.calls[0].url).path == "/v3/pay/partner/transactions/jsapi"
    assert {name: body[name] for name in ("sp_appid", "sp_mchid", "sub_appid", "sub_mchid", "payer")} == {
        "sp_appid": "wxd678efh567hg6787",
        "sp_mchid": "1900000001",
        "sub_appid": "wxsub",
        "sub_mchid": "1900000109",
        "payer": {"sub_openid": "o-2"},
    }
    assert "mchid" not in body
    result = provider.query(PaymentQuery.of(order))
    assert script.calls[1].url.endswith("?sp_mchid=1900000001&sub_mchid=1900000109")
    assert (result.outcome, result.payer_id) == (Outcome.SUCCEEDED, "o-2")
    closed = provider.close(CloseOrder(merchant_order_id=order.merchant_order_id, sub_merchant="1900000109"))
    assert json.loads(script.calls[2].body) == {"sp_mchid": "1900000001", "sub_mchid": "1900000109"}
    assert closed.outcome is Outcome.SUCCEEDED


def test_a_service_provider_names_the_merchant_everywhere(provider: ChannelClient, script: Script) -> None:
    original = OriginalPayment(merchant_order_id="order-100", amount=Money(100))
    refund = RefundOrder(merchant_refund_id="R1", ordered_at=NOW, amount=Money(1), original=original)
    for call in (
        lambda: provider.pay(payment()),
        lambda: provider.query(PaymentQuery.of(payment())),
        lambda: provider.close(CloseOrder(merchant_order_id="order-100")),
        lambda: provider.refund(refund),
        lambda: provider.query_refund(RefundQuery.of(refund)),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            call()
        assert caught.value.field == "sub_merchant"
    assert script.calls == []


def test_an_answer_for_another_provider_is_unknown(provider: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({**PAID, "sp_mchid": "1900000002"})]
    assert provider.query(PaymentQuery.of(payment(sub_merchant="1900000109"))).canonical == "REPLY_MISMATCH"


def cancel(product: str | None, seconds: int = 15, **changes: Any) -> CancelOrder:
    original = OriginalPayment(
        merchant_order_id="order-100", amount=Money(100), product=product, ordered_at=NOW - timedelta(seconds=seconds), **changes
    )
    return CancelOrder(ordered_at=NOW, original=original)


def test_codepay_is_reversed_and_not_before_fifteen_seconds(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"appid": "wxd678efh567hg6787", "mchid": "1900000001", "out_trade_no": "order-100"})]
    with pytest.raises(RefusedError) as caught:
        client.cancel(cancel("codepay", seconds=14))
    assert caught.value.canonical == "TOO_EARLY"
    assert script.calls == []
    result = client.cancel(cancel("codepay"))
    assert urlsplit(script.calls[0].url).path == "/v3/pay/transactions/out-trade-no/order-100/reverse"
    assert result.outcome is Outcome.REVERSED


@pytest.mark.parametrize("product", [None, "native", "jsapi"])
def test_only_payments_by_code_are_reversed(client: ChannelClient, product: str | None) -> None:
    with pytest.raises(RefusedError) as caught:
        client.cancel(cancel(product))
    assert caught.value.field == "original.product"
    assert "micropay" in caught.value.en or "by code" in caught.value.en


def test_waiting_for_the_payer_is_a_phase(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({**PAID, "trade_state": "NOTPAY"})]
    assert client.query(PaymentQuery.of(payment())).phase is Phase.AWAITING_PAYER


def test_an_app_of_a_service_provider_names_the_merchant(provider: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"prepay_id": "wx1"})]
    action = provider.pay(payment(product="app", sub_merchant="1900000109")).payer_action
    assert isinstance(action, InvokeClient)
    assert (action.parameters["partnerid"], action.parameters["appid"]) == ("1900000109", "wxsub")
