"""The payment code by v2 (付款码, officially a v2 product): XML with a keyed digest, its own query and its own reverse.

Source: pay.weixin.qq.com/doc/v2/merchant/4011937125 (付款码支付), 4011937361 (撤销); the signature is vector wx-v2-sign.
The reverse is called with the merchant's TLS certificate: give the client an HTTP client that carries it.
"""

import hashlib
import hmac
from collections.abc import Mapping

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, fetch
from payment_channels.channels.wechat.bodies import BEIJING
from payment_channels.channels.wechat.checks import refuse
from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.line import OK, USER_AGENT, Line
from payment_channels.codec.canonical import could_be_cut_otherwise, sorted_pairs
from payment_channels.codec.xml import XmlRefusedError, cdata, parse
from payment_channels.model.money import Money
from payment_channels.model.orders import CancelOrder, PaymentOrder
from payment_channels.model.parties import PaymentCode
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.refusals import ConfigurationError
from payment_channels.model.results import Amounts, PaymentFacts

DECIDING = ("return_code", "result_code", "err_code", "trade_state", "recall", "mch_id", "out_trade_no", "total_fee")
"""What must not be hidden inside another value: nothing is encoded in what v2 signs."""
PAY, QUERY, REVERSE = "/pay/micropay", "/pay/orderquery", "/secapi/pay/reverse"


def sign(fields: Mapping[str, str], key: str, sign_type: str) -> str:
    """Return the v2 signature: sorted pairs without ``sign``, the key last, MD5 or HMAC-SHA256, upper-case hex."""
    text = f"{sorted_pairs(fields, without=frozenset({'sign'}))}&key={key}".encode()
    if sign_type == "MD5":
        return hashlib.md5(text).hexdigest().upper()  # noqa: S324  the channel's own choice; HMAC-SHA256 is the default here
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def check_attach(order: PaymentOrder) -> None:
    """Refuse an attachment that looks like fields of the answer, which repeats it: such an answer would not be believed.

    Raises:
        InvalidRequestError: it does.
    """
    if could_be_cut_otherwise({"attach": order.attach or ""}, DECIDING):
        raise refuse(
            "attach",
            "不可含 &total_fee= 之类的应答字段",
            "without what looks like a field of the answer, such as &total_fee=",
        )


def key_of(config: WechatConfig) -> str:
    """Return the v2 key.

    Raises:
        ConfigurationError: there is none.
    """
    if config.apiv2_key is None:
        raise ConfigurationError.because(
            "付款码支付需要配置 apiv2_key（APIv2 密钥）", "payment codes need apiv2_key in the configuration", field="apiv2_key"
        )
    return config.apiv2_key


def pay(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    """``POST /pay/micropay``: paid at once, or USERPAYING while the payer types a password. One call, never a poll."""
    code = order.payer.code if isinstance(order.payer, PaymentCode) else ""
    fields = {
        "body": order.subject,
        "attach": order.attach,
        "out_trade_no": order.merchant_order_id,
        "total_fee": str(order.amount.amount),
        "fee_type": order.amount.currency,
        "spbill_create_ip": order.payer_ip,
        "device_info": order.device_id,
        "goods_tag": _text(order.channel_fields.get("goods_tag")),
        "time_expire": order.expires_at.astimezone(BEIJING).strftime("%Y%m%d%H%M%S") if order.expires_at else None,
        "auth_code": code,
    }
    reply = yield from _send(line, PAY, fields, order.sub_merchant)
    return _reading(line, reply, "pay.micropay", state_field=None)


def query(line: Line, asked: PaymentQuery) -> Exchange[Reading]:
    """``POST /pay/orderquery``: ``trade_state`` decides."""
    fields = {"transaction_id": asked.channel_order_id} if asked.channel_order_id else {"out_trade_no": asked.merchant_order_id}
    reply = yield from _send(line, QUERY, fields, asked.sub_merchant)
    return _reading(line, reply, "query.micropay", state_field="trade_state")


def reverse(line: Line, order: CancelOrder) -> Exchange[Reading]:
    """``POST /secapi/pay/reverse``: unpaid it is closed, paid it is given back; ``recall`` says whether to call again."""
    reply = yield from _send(line, REVERSE, {"out_trade_no": order.original.merchant_order_id}, order.sub_merchant)
    return _reading(line, reply, "cancel.micropay", state_field=None)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _send(line: Line, path: str, fields: Mapping[str, str | None], sub_merchant: str | None) -> Exchange[HttpReply]:
    config = line.config
    sub = {"sub_mch_id": sub_merchant, "sub_appid": config.sub_appid} if config.service_provider else {}
    whole = {
        "appid": config.appid,
        "mch_id": config.mchid,
        **sub,
        "nonce_str": line.nonce(),
        "sign_type": config.apiv2_sign_type,
        **fields,
    }
    present = {name: value for name, value in whole.items() if value}
    present["sign"] = sign(present, key_of(config), config.apiv2_sign_type)
    body = "<xml>" + "".join(f"<{name}>{cdata(value)}</{name}>" for name, value in present.items()) + "</xml>"
    headers = (("Accept-Encoding", "identity"), ("Content-Type", "text/xml; charset=utf-8"), ("User-Agent", USER_AGENT))
    return (yield from fetch(HttpCall("POST", config.base_url + path, headers, body.encode())))


def _reading(line: Line, reply: HttpReply, operation: str, *, state_field: str | None) -> Reading:
    """Read an answer: ``return_code`` of the transport, ``result_code`` of the business, then the state.

    A ``return_code`` of FAIL comes without a signature, as documented; everything else must be signed with our key.
    """
    if reply.status != OK:
        return Reading(
            operation=operation,
            where="http",
            code=str(reply.status),
            http_status=reply.status,
            authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        )
    try:
        fields = parse(reply.body, encoding="utf-8").flat()
    except XmlRefusedError as error:
        return line.unreadable(reply, operation, str(error))
    if fields.get("return_code") != "SUCCESS":
        return Reading(
            operation=operation,
            where="return_code",
            code=fields.get("return_code", ""),
            message=fields.get("return_msg", ""),
            http_status=reply.status,
            authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        )
    expected = sign(fields, key_of(line.config), line.config.apiv2_sign_type)
    hidden = could_be_cut_otherwise(fields, DECIDING)
    believed = hmac.compare_digest(expected.encode(), fields.get("sign", "").encode()) and not hidden
    failed = fields.get("result_code") != "SUCCESS"
    where = "err_code" if failed else (state_field or "result_code")
    code = fields.get(where, "")
    try:
        facts = _facts(fields)
    except ValueError:
        return line.unreadable(reply, operation, "the amount is not as documented")
    return Reading(
        operation=operation,
        where=where,
        code=code,
        # A reversal that succeeded and yet asks to be called again (recall Y) has not undone anything for certain.
        sub_code=fields.get("recall") if where == "result_code" and operation == "cancel.micropay" else None,
        message=fields.get("err_code_des") or fields.get("trade_state_desc", ""),
        http_status=reply.status,
        authenticity=Authenticity.VERIFIED if believed else Authenticity.NOT_VERIFIED,
        facts=facts,
        sub_merchant=fields.get("sub_mch_id") or None,
        foreign=_foreign(fields, line.config) or _of_another(fields, where, operation),
        note="" if believed else _WHY[hidden],
    )


_WHY = {False: "the signature does not fit the fields", True: "it could be cut into other fields"}


def _of_another(fields: Mapping[str, str], where: str, operation: str) -> str:
    """Say what shows that a success answers something else: v2 signs neither the request nor its address along.

    A payment's answer has no state, which a query's has; a reversal's has ``recall`` (4011937361: required) and no amount.
    """
    if where != "result_code":
        return ""
    if fields.get("trade_state"):
        return "an answer to a query"
    if operation == "cancel.micropay" and (fields.get("recall") not in {"Y", "N"} or fields.get("total_fee")):
        return "no answer to a reversal: recall is missing, or it states an amount"
    return ""


def _facts(fields: Mapping[str, str]) -> PaymentFacts:
    currency = fields.get("fee_type") or "CNY"
    return PaymentFacts(
        merchant_order_id=fields.get("out_trade_no") or None,
        channel_order_id=fields.get("transaction_id") or None,
        product="micropay",
        payer_id=fields.get("openid"),
        attach=fields.get("attach"),
        amounts=Amounts(
            order=_fen(fields.get("total_fee"), currency),
            payer=_fen(fields.get("cash_fee"), fields.get("cash_fee_type") or currency),
        ),
        extra={name: fields[name] for name in ("bank_type", "recall", "time_end") if fields.get(name)},
    )


def _fen(text: str | None, currency: str) -> Money | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 15:  # noqa: PLR2004  more than any amount of money in fen
        reason = "not fen"
        raise ValueError(reason)
    return Money(int(text), currency)


def _foreign(fields: Mapping[str, str], config: WechatConfig) -> str:
    for name, own in (("mch_id", config.mchid), ("appid", config.appid)):
        if fields.get(name, own) != own:
            return f"{name} differs"
    return ""
