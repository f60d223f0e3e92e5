"""The fields of Alipay's requests as tables, the check that refuses what breaks them, and amounts: text in yuan, fen in here.

Lengths and what is required: the descriptions in alipay/alipay-sdk-php-all@d95249a3 ``v3/docs``, schema of 2025-12-15. The texts
of the refusals are assumed, their codes are the operations' own.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mocks.alipay.codes import GATEWAY, RefusedError, refused

# What an operation answers to a parameter that is wrong; INVAILID is the official spelling.
_INVALID = {
    "alipay.data.dataservice.bill.downloadurl.query": "INVAILID_ARGUMENTS",
    "alipay.fund.trans.uni.transfer": "INVALID_PARAMETER",
    "alipay.fund.trans.common.query": "INVALID_PARAMETER",
    "alipay.fund.account.query": "INVALID_PARAMETER",
}
_ACQUIRING = "alipay.trade."
_YUAN = re.compile(r"\d{1,9}(\.\d{1,2})?")
LEAST, MOST = 1, 100_000_000 * 100
NUMBER = r"[0-9A-Za-z_]{1,64}"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where it stands, whether it must be there, and its limits. Texts, unless ``kind`` says otherwise."""

    pointer: str
    required: bool = False
    longest: int | None = None
    pattern: str | None = None
    among: tuple[str, ...] | None = None
    kind: type = str


def need(pointer: str, longest: int | None = None, **more: Any) -> Field:
    """Return a required field."""
    return Field(pointer, required=True, longest=longest, **more)


def may(pointer: str, longest: int | None = None, **more: Any) -> Field:
    """Return an optional field."""
    return Field(pointer, longest=longest, **more)


_ORDER = (
    need("out_trade_no", 64, pattern=NUMBER),
    need("subject", 256, pattern=r"[^/=&]+"),
    may("body", 128),
    may("timeout_express", 6),
    may("time_expire", 32),
    may("passback_params", 512),
    may("seller_id", 28),
    may("product_code", 64),
    may("extend_params", kind=dict),
    may("goods_detail", kind=list),
    may("query_options", kind=list),
)
_TRADE = (may("out_trade_no", 64), may("trade_no", 64))
_REFUND = (*_TRADE, may("out_request_no", 64), may("refund_reason", 256), may("query_options", kind=list))
FIELDS: dict[str, tuple[Field, ...]] = {
    "alipay.trade.pay": (*_ORDER, need("auth_code", 64), may("scene", among=("bar_code", "security_code"))),
    "alipay.trade.precreate": (*_ORDER, may("qr_code_timeout_express", 6)),
    "alipay.trade.create": (*_ORDER, may("buyer_id", 28), may("buyer_open_id", 128)),
    "alipay.trade.page.pay": (*_ORDER, need("product_code", among=("FAST_INSTANT_TRADE_PAY",))),
    "alipay.trade.wap.pay": (*_ORDER, may("quit_url", 400)),
    "alipay.trade.app.pay": _ORDER,
    "alipay.trade.query": (*_TRADE, may("query_options", kind=list)),
    "alipay.trade.close": (*_TRADE, may("operator_id", 28)),
    "alipay.trade.cancel": _TRADE,
    "alipay.trade.refund": _REFUND,
    "alipay.trade.refund.apply": _REFUND,
    "alipay.trade.fastpay.refund.query": (*_TRADE, need("out_request_no", 64), may("query_options", kind=list)),
    "alipay.fund.trans.uni.transfer": (
        need("out_biz_no", 64),
        need("product_code", among=("TRANS_ACCOUNT_NO_PWD", "TRANS_BANKCARD_NO_PWD", "STD_RED_PACKET")),
        need("biz_scene", among=("DIRECT_TRANSFER", "PERSONAL_COLLECTION")),
        need("payee_info", kind=dict),
        need("payee_info/identity", 64),
        need(
            "payee_info/identity_type",
            among=("ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID", "BANKCARD_ACCOUNT"),
        ),
        may("payee_info/name", 128),
        may("payee_info/bankcard_ext_info", kind=dict),
        may("payee_info/bankcard_ext_info/account_type", among=("1", "2")),
        may("payee_info/bankcard_ext_info/inst_name", 128),
        may("order_title", 128),
        may("remark", 200),
        may("transfer_scene_name", 64),
        may("transfer_scene_report_infos", kind=list),
    ),
    "alipay.fund.trans.common.query": (
        may("out_biz_no", 64),
        may("order_id", 32),
        may("pay_fund_order_id", 32),
        may("product_code", 64),
        may("biz_scene", 64),
    ),
    "alipay.fund.account.query": (need("account_type", among=("ACCTRANS_ACCOUNT",)), may("alipay_user_id", 28)),
    "alipay.data.dataservice.bill.downloadurl.query": (
        need("bill_type", 20),
        need("bill_date", 15, pattern=r"\d{4}-\d\d(-\d\d)?"),
        may("smid", 20),
    ),
    "alipay.open.app.alipaycert.download": (need("alipay_cert_sn", 64),),
}


def check(operation: str, biz: dict[str, Any]) -> None:
    """Refuse what breaks a rule of the operation's table.

    Raises:
        RefusedError: with the operation's code for a wrong parameter, and the first field that is wrong.
    """
    for one in FIELDS[operation]:
        parent = at(biz, one.pointer.rpartition("/")[0]) if "/" in one.pointer else biz
        value = at(biz, one.pointer)
        if value in (None, ""):
            if one.required and isinstance(parent, dict):
                raise wrong(operation, one.pointer, "不能为空")
            continue
        broken = _broken(one, value)
        if broken is not None:
            raise wrong(operation, one.pointer, broken)


def wrong(operation: str, pointer: str, issue: str) -> RefusedError:
    """Return the refusal of one field."""
    text = f"参数无效，{pointer.replace('/', '.')}{issue}"
    if operation in _INVALID:
        return refused(operation, _INVALID[operation], text)
    if operation.startswith(_ACQUIRING):
        return refused(operation, "ACQ.INVALID_PARAMETER", text)
    return refused(GATEWAY, "isv.invalid-parameter", text)


def amount(operation: str, biz: dict[str, Any], name: str) -> int:
    """Return an amount in fen. It is text in yuan with at most two decimals; a JSON number is read as it is written.

    Raises:
        RefusedError: it is missing, no amount, or not a positive one.
    """
    value = biz.get(name)
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not text.isascii() or not _YUAN.fullmatch(text):
        raise wrong(operation, name, "应为以元为单位、最多两位小数的金额")
    fen = int(Decimal(text) * 100)
    if fen < LEAST:
        raise wrong(operation, name, "应不小于0.01")
    return fen


def yuan(fen: int) -> str:
    """Return an amount as Alipay writes it."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def at(biz: dict[str, Any], pointer: str) -> Any:
    """Return the value at a pointer, None where there is none."""
    value: Any = biz
    for part in pointer.split("/"):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _broken(one: Field, value: object) -> str | None:
    if not isinstance(value, one.kind):
        return "类型不正确"
    if isinstance(value, str):
        if one.longest is not None and len(value) > one.longest:
            return f"长度超过{one.longest}"
        if one.pattern is not None and not re.fullmatch(one.pattern, value):
            return "格式不正确"
        if one.among is not None and value not in one.among:
            return "不在枚举值范围内"
    return None
