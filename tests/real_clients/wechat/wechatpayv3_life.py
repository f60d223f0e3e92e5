"""The life cycle by wechatpayv3, PyPI's most used client of WeChat Pay: it has no base URL to set, all else is its own API."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from tests.real_clients.steps import FACTS, MODE, URL, Letter, Listener, control, step, text

# The gateway's address is a constant that the constructor assigns and, without a public key, uses at once.
Core._gate_way = property(lambda _: URL, lambda _, __: None)
ORDER, CLOSED, CODE = "py0001", "py0002", "py0003"
AMOUNT = {"total": 100, "currency": "CNY"}


def client(**changes: Any) -> Any:
    """Return a client with the merchant's keys, and the platform's as the mode has them."""
    known = {"public_key": text("wechatpay_public_key.pem"), "public_key_id": FACTS["public_key_id"]}
    given = {
        "mchid": FACTS["mchid"],
        "private_key": text("merchant_key.pem"),
        "cert_serial_no": FACTS["merchant_serial_no"],
        "appid": FACTS["appid"],
        "apiv3_key": FACTS["apiv3_key"],
        "notify_url": listener.url,
        "timeout": (5, 10),
    }
    return WeChatPay(WeChatPayType.NATIVE, **(given | (known if MODE == "public_key" else {}) | changes))


def answered(pair: tuple[int, str], *names: str) -> str:
    """Return the status of an answer and some of its fields."""
    status, body = pair
    content = json.loads(body) if body else {}
    return " ".join([str(status), *(str(content.get(name)) for name in names)])


def told(letter: Letter, *names: str) -> str:
    """Return what a notification says, once the client believes it; ``refused`` where it does not."""
    found = wxpay.callback(*letter)
    return "refused" if found is None else " ".join([found["event_type"], *(str(found["resource"][name]) for name in names)])


def after(path: str, then: Callable[[], str]) -> str:
    """Have the control plane do something first."""
    control(path, {})
    return then()


def forged_notification() -> str:
    """Have a notification sent with a signature that must not be believed."""
    return after("wechat/notifications/1/forge", lambda: told(listener.letter()))


def bill() -> str:
    """Download the trade bill of the day in the archive, and look for the order."""
    day = control("clock")["now"][:10]
    control("clock/advance", {"seconds": 36 * 3600})
    status, body = wxpay.trade_bill(bill_date=day)
    if status != 200:
        return f"{status} {body}"
    asked = json.loads(body)
    status, packed = wxpay.download_bill(asked["download_url"])
    content = gzip.decompress(packed)
    same = hashlib.sha1(content, usedforsecurity=False).hexdigest() == asked["hash_value"]
    return f"{status} hash {same} order {ORDER.encode() in content}"


def forged_request() -> str:
    """Ask with a key that is not the merchant's, and see whether the mock's log says why it was refused."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    given = {"private_key": pem, "public_key": text("wechatpay_public_key.pem"), "public_key_id": FACTS["public_key_id"]}
    answer = answered(client(**given).query(out_trade_no=ORDER), "code")
    why = control("log?last=1")["log"][0]["why"]
    return f"{answer}, log: {'another key' in why['reason'] and 'expected' in why}"


def forged_reply() -> str:
    """Have an answer signed wrongly."""
    control("faults", {"kind": "bad_signature", "path": "/out-trade-no/"})
    try:
        wxpay.query(out_trade_no=ORDER)
    except Exception as error:  # noqa: BLE001  it raises the bare Exception
        return str(error)
    return "believed"


def rotation() -> str:
    """Rotate the platform's certificate and forget the old one: the client has to fetch the new one by itself."""
    control("wechat/certificates/platform/rotate", {})
    control("wechat/certificates/platform/retire", {})
    return answered(wxpay.query(out_trade_no=ORDER), "trade_state")


def transfer(number: str) -> tuple[int, str]:
    """Send 3000 yuan, which asks for a sealed name."""
    reports = [{"info_type": "活动名称", "info_content": "新会员有礼"}]
    pair: tuple[int, str] = wxpay.mch_transfer_bills(number, "1000", "oUser", 300000, "报销", "张三", None, reports)
    return pair


def confirmed(number: str) -> str:
    """Let the user confirm, and ask."""
    control(f"wechat/transfers/{number}/confirm", {})
    return answered(wxpay.mch_transfer_bills_query(number), "state", "transfer_amount")


def cancelled(number: str) -> str:
    """Cancel before the user confirms."""
    transfer(number)
    asked = answered(wxpay.mch_transfer_bills_cancel(number), "state")
    return f"{asked}, {answered(wxpay.mch_transfer_bills_query(number), 'state')}"


def closed() -> str:
    """Close an unpaid order."""
    wxpay.pay("茶", CLOSED, AMOUNT)
    return f"{answered(wxpay.close(CLOSED))}, {answered(wxpay.query(out_trade_no=CLOSED), 'trade_state')}"


def code_paid() -> str:
    """Take the money by a payment code, and give it back by a reverse fifteen seconds later."""
    scene, payer = {"store_info": {"id": "1"}}, {"auth_code": "130061098828009406"}
    paid = wxpay.pay("茶", CODE, AMOUNT, payer, scene_info=scene, pay_type=WeChatPayType.CODEPAY)
    control("clock/advance", {"seconds": 15})
    return f"{answered(paid, 'trade_state')}, {answered(wxpay.codepay_reverse(CODE))}"


def paid() -> str:
    """Let the payer pay, and read the notification."""
    return after(f"wechat/orders/{ORDER}/pay", lambda: told(listener.letter(), "out_trade_no", "trade_state"))


listener = Listener()
wxpay = client()
if MODE == "certificate":
    step("certificates", "1 downloaded", lambda: f"{len(wxpay._core._certificates)} downloaded")
step("order", "200", lambda: answered(wxpay.pay("一壶茶", ORDER, AMOUNT)))
step("query unpaid", "200 NOTPAY", lambda: answered(wxpay.query(out_trade_no=ORDER), "trade_state"))
step("payment notified", f"TRANSACTION.SUCCESS {ORDER} SUCCESS", paid)
step("forged notification", "refused", forged_notification)
step("query paid", "200 SUCCESS", lambda: answered(wxpay.query(out_trade_no=ORDER), "trade_state"))
step("close", "204, 200 CLOSED", closed)
refund = {"refund": 30, "total": 100, "currency": "CNY"}
step("refund", "200 PROCESSING", lambda: answered(wxpay.refund("r1", refund, out_trade_no=ORDER), "status"))
step(
    "refund notified",
    "200 SUCCESS, REFUND.SUCCESS r1 SUCCESS",
    lambda: f"{answered(wxpay.query_refund('r1'), 'status')}, {told(listener.letter(), 'out_refund_no', 'refund_status')}",
)
step("transfer", "200 WAIT_USER_CONFIRM, 200 SUCCESS 300000", lambda: f"{answered(transfer('t1'), 'state')}, {confirmed('t1')}")
step("transfer notified", "MCHTRANSFER.BILL.FINISHED t1 SUCCESS", lambda: told(listener.letter(), "out_bill_no", "state"))
step("transfer cancelled", "200 CANCELING, 200 CANCELLED", lambda: cancelled("t2"))
step("payment code", "200 SUCCESS, 200", code_paid)
step("refused", "404 ORDER_NOT_EXIST", lambda: answered(wxpay.query(out_trade_no="nobody00"), "code"))
step("forged request", "401 SIGN_ERROR, log: True", forged_request)
step("forged reply", "failed to verify the signature", forged_reply)
if MODE == "certificate":
    step("rotation", "200 REFUND", rotation)
step("bill", "200 hash True order True", bill)
