"""The fields of each request, made of orders: txnType, txnSubType and bizType say what it is.

Source: playniuniu/python-unionpay@464b792e src/app (b2bFrontTradeDemo, b2bRefundDemo, b2bQueryTrade, fileDownload), and
UnionPay's own app demo in hectorqin/lpays@21853947; unionpay's field lists per transaction in jifuwei/lol@0b761071.
"""

import base64
from collections.abc import Mapping
from datetime import date, datetime

from payment_channels.channels.unionpay.messages import composite, moment
from payment_channels.channels.unionpay.windows import PAYABLE
from payment_channels.codec.rsa import RsaPkcs1Encryptor
from payment_channels.model.orders import CancelOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import CorporateAccount, PersonalAccount

B2C, B2B, PAYOUT, ANY = "000201", "000202", "000401", "000000"
PC, PHONE = "07", "08"
NO_NOTICE = "http://www.specialUrl.com"
"""不需要发后台通知，可以固定上送: UnionPay's own constant for whoever wants no notification."""
CNY = "156"


def _kind(mer_id: str, txn_type: str, sub_type: str, biz_type: str, channel_type: str) -> dict[str, str]:
    return {
        "txnType": txn_type,
        "txnSubType": sub_type,
        "bizType": biz_type,
        "channelType": channel_type,
        "accessType": "0",
        "merId": mer_id,
    }


def pay_timeout(order: PaymentOrder) -> datetime:
    """Return until when an order can be paid: its expiry, or a quarter of an hour."""
    return order.expires_at or order.ordered_at + PAYABLE


def payment(mer_id: str, order: PaymentOrder, wire: Mapping[str, str]) -> dict[str, str]:
    """消费 01/01: by B2C gateway, B2B gateway or app."""
    business = order.product == "gateway_b2b"
    on_a_phone = order.product == "app" or order.channel_fields.get("channelType") == PHONE
    payer = order.payer
    return {
        **_kind(mer_id, "01", "01", B2B if business else B2C, PHONE if on_a_phone else PC),
        "orderId": order.merchant_order_id,
        "txnTime": wire["txnTime"],
        "txnAmt": str(order.amount.amount),
        "currencyCode": CNY,
        "payTimeout": wire["payTimeout"],
        "frontUrl": order.return_url or "",
        "backUrl": order.notify_url or NO_NOTICE,
        "reqReserved": order.attach or "",
        "issInsCode": (payer.bank_code or "") if isinstance(payer, CorporateAccount) else "",
    }


def refund(mer_id: str, order: RefundOrder, wire: Mapping[str, str]) -> dict[str, str]:
    """退货 04/00: part or all of a payment, by its queryId. B2B payments are refunded as 000201 too, as the demo does."""
    return {
        **_kind(mer_id, "04", "00", B2C, PC),
        "orderId": order.merchant_refund_id,
        "txnTime": wire["txnTime"],
        "txnAmt": str(order.amount.amount),
        "currencyCode": CNY,
        "origQryId": order.original.channel_order_id or "",
        "backUrl": order.notify_url or NO_NOTICE,
    }


def cancel(mer_id: str, order: CancelOrder, wire: Mapping[str, str]) -> dict[str, str]:
    """消费撤销 31/00: the whole payment, by its queryId."""
    return {
        **_kind(mer_id, "31", "00", B2C, PC),
        "orderId": order.merchant_cancel_id or "",
        "txnTime": wire["txnTime"],
        "txnAmt": str(order.original.amount.amount),
        "currencyCode": CNY,
        "origQryId": order.original.channel_order_id or "",
        "backUrl": order.notify_url or NO_NOTICE,
    }


def payout(mer_id: str, order: PayoutOrder, wire: Mapping[str, str], key: RsaPkcs1Encryptor) -> dict[str, str]:
    """代付 12/00 to a bank card; the card number is encrypted, and so is a mobile number."""
    payee = order.payee
    assert isinstance(payee, PersonalAccount)  # noqa: S101  prepare checked it; nothing has been sent
    return {
        **_kind(mer_id, "12", "00", PAYOUT, PC),
        "orderId": order.merchant_order_id,
        "txnTime": wire["txnTime"],
        "txnAmt": str(order.amount.amount),
        "currencyCode": CNY,
        "accType": "01",
        "accNo": sealed(payee.account_no, key),
        "customerInfo": customer_info(payee, key),
        "encryptCertId": key.key_id,
        "backUrl": order.notify_url or NO_NOTICE,
    }


def customer_info(payee: PersonalAccount, key: RsaPkcs1Encryptor) -> str:
    """Return ``base64("{k=v&k=v}")`` with name and identity; what is secret stands encrypted in ``encryptedInfo``."""
    fields: dict[str, str] = {}
    if payee.id_no is not None:
        fields |= {"certifTp": payee.id_type or "", "certifId": payee.id_no}
    fields["customerNm"] = payee.name
    if payee.mobile is not None:
        fields["encryptedInfo"] = sealed(f"phoneNo={payee.mobile}", key)
    return base64.b64encode(composite(fields).encode()).decode()


def sealed(plain: str, key: RsaPkcs1Encryptor) -> str:
    """Return ``base64(RSA(plain))``."""
    return base64.b64encode(key.encrypt(plain.encode())).decode()


def query(mer_id: str, order_id: str, txn_time: str) -> dict[str, str]:
    """交易状态查询 00/00: of any transaction, by its order number and its time."""
    return {**_kind(mer_id, "00", "00", ANY, PC), "orderId": order_id, "txnTime": txn_time}


def settlement_file(mer_id: str, day: date, now: datetime) -> dict[str, str]:
    """文件传输 76/01: the settlement file of one clearing day."""
    fields = _kind(mer_id, "76", "01", ANY, "")
    return {**fields, "txnTime": moment(now), "settleDate": day.strftime("%m%d"), "fileType": "00"}


def encryption_certificate(mer_id: str, order_id: str, now: datetime) -> dict[str, str]:
    """加密公钥更新查询 95/00."""
    return {**_kind(mer_id, "95", "00", ANY, PC), "orderId": order_id, "txnTime": moment(now), "certType": "01"}
