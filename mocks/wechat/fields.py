"""The fields of WeChat Pay's requests as tables, and the check that refuses a body with PARAM_ERROR and its detail.

Lengths and what is required: the pages of the Native, H5, refund and transfer products as collected in 2024–2026, and the
`required` lists of TheNorthMemory/wechatpay-openapi@4d6325b0. Only one text of a refusal is known word for word (a total
below its minimum); the others are made in its likeness and assumed.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from mocks.wechat.codes import RefusedError, refused
from mocks.wire import MockRequest, json_of

_ABSENT = object()
# Bytes of a body. The longest documented order has a detail of 6144 bytes, thrice that if Chinese is escaped; a batch has a
# thousand payees. Longer ones are refused, that the books hold what they must and no more; that it is PARAM_ERROR is assumed.
_LARGEST_ORDER, _LARGEST = 32 * 1024, {"batch": 1024 * 1024}
_KINDS = {str: "字符串字段", int: "数值字段", bool: "布尔字段", dict: "对象字段", list: "数组字段"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: where it stands (``*`` is each of a list), what it is, and its limits; an object's is in bytes."""

    pointer: str
    title: str
    kind: type = str
    required: bool = False
    longest: int | None = None
    shortest: int = 1
    least: int | None = None
    pattern: str | None = None
    among: tuple[str, ...] | None = None
    in_bytes: bool = False


def need(pointer: str, title: str, longest: int | None = None, **more: Any) -> Field:
    """Return a required text."""
    return Field(pointer, title, required=True, longest=longest, **more)


def may(pointer: str, title: str, longest: int | None = None, **more: Any) -> Field:
    """Return an optional text."""
    return Field(pointer, title, longest=longest, **more)


ORDER_NUMBER = r"[0-9A-Za-z_\-|*]{6,32}"
REFUND_NUMBER = r"[0-9A-Za-z_\-|*@]{1,64}"

_ORDER = (
    need("/description", "商品描述", 127),
    need("/out_trade_no", "商户订单号", 32, shortest=6, pattern=ORDER_NUMBER),
    may("/attach", "附加数据", 128),
    may("/goods_tag", "订单优惠标记", 32),
    Field("/support_fapiao", "电子发票入口开放标识", bool),
    Field("/amount", "订单金额", dict, required=True),
    Field("/amount/total", "总金额", int, required=True, least=1),
    may("/amount/currency", "货币类型", 16, among=("CNY",)),
    Field("/detail", "优惠功能", dict, longest=6144),
    Field("/detail/cost_price", "订单原价", int),
    may("/detail/invoice_id", "商品小票ID", 32),
    Field("/detail/goods_detail", "单品列表", list),
    need("/detail/goods_detail/*/merchant_goods_id", "商户侧商品编码", 32),
    may("/detail/goods_detail/*/goods_name", "商品名称", 256),
    Field("/detail/goods_detail/*/quantity", "商品数量", int, required=True, least=1),
    Field("/detail/goods_detail/*/unit_price", "商品单价", int, required=True, least=0),
    Field("/scene_info", "场景信息", dict),
    may("/scene_info/device_id", "商户端设备号", 32),
    Field("/scene_info/store_info", "商户门店信息", dict),
    Field("/settle_info", "结算信息", dict),
    Field("/settle_info/profit_sharing", "是否指定分账", bool),
)
_PREPAID = (*_ORDER, may("/time_expire", "交易结束时间", 64), need("/notify_url", "通知地址", 255))
_IP = need("/scene_info/payer_client_ip", "用户终端IP", 45)
_STORE = (
    need("/scene_info/store_info/id", "门店编号", 32),
    may("/scene_info/store_info/name", "门店名称", 256),
    may("/scene_info/store_info/area_code", "地区编码", 32),
    may("/scene_info/store_info/address", "详细地址", 512),
)
_DIRECT = (need("/appid", "公众账号ID", 32), need("/mchid", "直连商户号", 32))
_PARTNER = (
    need("/sp_appid", "服务商公众号ID", 32),
    need("/sp_mchid", "服务商户号", 32),
    may("/sub_appid", "子商户公众号ID", 32),
    need("/sub_mchid", "子商户号", 32),
)
_OPENID = need("/payer/openid", "用户标识", 128)
_H5 = (
    Field("/scene_info", "场景信息", dict, required=True),
    Field("/scene_info/h5_info", "H5场景信息", dict, required=True),
    need("/scene_info/h5_info/type", "场景类型", 32),
)
# The v3 form of the payment code: doc 4012382150. store_info is required there.
_CODEPAY = (
    *_ORDER,
    Field("/payer", "支付者", dict, required=True),
    need("/payer/auth_code", "付款码", 32, pattern=r"[0-9]{18}"),
    Field("/scene_info", "场景信息", dict, required=True),
    Field("/scene_info/store_info", "商户门店信息", dict, required=True),
)
ORDERS: dict[str, tuple[Field, ...]] = {
    "native": (*_PREPAID, _IP, *_STORE),
    "app": (*_PREPAID, _IP, *_STORE),
    "jsapi": (*_PREPAID, _IP, *_STORE, Field("/payer", "支付者", dict, required=True)),
    "h5": (*_PREPAID, *_H5, _IP, *_STORE),
    "codepay": _CODEPAY,
}

PREPAID = ("native", "jsapi", "app", "h5")

REFUND = (
    may("/transaction_id", "微信支付订单号", 32),
    may("/out_trade_no", "商户订单号", 32, shortest=6, pattern=ORDER_NUMBER),
    need("/out_refund_no", "商户退款单号", 64, pattern=REFUND_NUMBER),
    may("/reason", "退款原因", 80, in_bytes=True),
    may("/notify_url", "退款结果回调url", 256),
    may("/funds_account", "退款资金来源", 32, among=("AVAILABLE", "UNSETTLED")),
    Field("/amount", "金额信息", dict, required=True),
    Field("/amount/refund", "退款金额", int, required=True, least=1),
    Field("/amount/total", "原订单金额", int, required=True, least=1),
    need("/amount/currency", "退款币种", 16, among=("CNY",)),
    Field("/amount/from", "退款出资账户及金额", list),
    need("/amount/from/*/account", "出资账户类型", 32, among=("AVAILABLE", "UNAVAILABLE")),
    Field("/amount/from/*/amount", "出资金额", int, required=True, least=1),
    Field("/goods_detail", "退款商品", list),
    need("/goods_detail/*/merchant_goods_id", "商户侧商品编码", 32),
    Field("/goods_detail/*/unit_price", "商品单价", int, required=True, least=0),
    Field("/goods_detail/*/refund_amount", "商品退款金额", int, required=True, least=0),
    Field("/goods_detail/*/refund_quantity", "商品退货数量", int, required=True, least=1),
    may("/sub_mchid", "子商户号", 32),
)

TRANSFER = (
    need("/appid", "商户AppID", 32),
    need("/out_bill_no", "商户单号", 32, pattern=r"[0-9A-Za-z]{1,32}"),
    need("/transfer_scene_id", "转账场景ID", 36),
    need("/openid", "收款用户OpenID", 64),
    may("/user_name", "收款用户姓名"),
    Field("/transfer_amount", "转账金额", int, required=True, least=1),
    need("/transfer_remark", "转账备注", 32),
    may("/notify_url", "通知地址", 256),
    may("/user_recv_perception", "用户收款感知", 32),
    Field("/transfer_scene_report_infos", "转账场景报备信息", list, required=True),
)

BATCH = (
    need("/appid", "商户AppID", 32),
    need("/out_batch_no", "商家批次单号", 32, pattern=r"[0-9A-Za-z]{1,32}"),
    need("/batch_name", "批次名称", 32),
    need("/batch_remark", "批次备注", 32),
    Field("/total_amount", "转账总金额", int, required=True, least=1),
    Field("/total_num", "转账总笔数", int, required=True, least=1),
    Field("/transfer_detail_list", "转账明细列表", list, required=True),
    may("/transfer_scene_id", "转账场景ID", 36),
    may("/notify_url", "通知地址", 256),
)
BATCH_DETAIL = (
    need("/out_detail_no", "商家明细单号", 32, pattern=r"[0-9A-Za-z]{1,32}"),
    Field("/transfer_amount", "转账金额", int, required=True, least=1),
    need("/transfer_remark", "转账备注", 32),
    need("/openid", "收款用户openid", 64),
    may("/user_name", "收款用户姓名"),
)
ABNORMAL_REFUND = (
    need("/out_refund_no", "商户退款单号", 64, pattern=REFUND_NUMBER),
    need("/type", "异常退款处理方式", 32, among=("USER_BANK_CARD", "MERCHANT_BANK_CARD")),
    may("/sub_mchid", "子商户号", 32),
    may("/bank_type", "开户银行", 16),
    may("/bank_account", "收款银行卡号", 1024),
    may("/real_name", "收款用户姓名", 1024),
)


def order_fields(product: str, *, partner: bool) -> tuple[Field, ...]:
    """Return the fields of one product's order, for a merchant or a service provider."""
    payer = () if product != "jsapi" or partner else (_OPENID,)
    return (*(_PARTNER if partner else _DIRECT), *ORDERS[product], *payer)


def read_body(operation: str, request: MockRequest) -> dict[str, Any]:
    """Return the JSON object of the body.

    Raises:
        RefusedError: it is none.
    """
    try:
        content = json_of(request.body) if len(request.body) <= _LARGEST.get(operation, _LARGEST_ORDER) else None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise refused(operation, "PARAM_ERROR", "请求体不是合法的JSON对象", detail={"location": "body"})
    return content


def check(operation: str, body: dict[str, Any], fields: tuple[Field, ...]) -> None:
    """Refuse the body that breaks a rule of the table.

    Raises:
        RefusedError: PARAM_ERROR, with the first field that is wrong.
    """
    for one in fields:
        for pointer in _pointers(body, one.pointer):
            _check_one(operation, body, one, pointer)


def _check_one(operation: str, body: dict[str, Any], one: Field, pointer: str) -> None:
    value = _at(body, pointer)
    if value is _ABSENT or value is None:
        if one.required and _at(body, pointer.rpartition("/")[0]) is not _ABSENT:
            raise wrong(operation, pointer, None, f"映射到字段“{one.title}”必填性规则校验失败，此字段为必填项")
        return
    broken = _broken(one, value)
    if broken:
        raise wrong(operation, pointer, value, f"映射到{_KINDS[one.kind]}“{one.title}”规则校验失败，{broken}")


def _pointers(body: dict[str, Any], pointer: str) -> list[str]:
    """Return where a field stands: with a ``*``, once in each of the list's entries."""
    place, star, name = pointer.partition("/*/")
    if not star:
        return [pointer]
    entries = _at(body, place)
    return [f"{place}/{number}/{name}" for number in range(len(entries))] if isinstance(entries, list) else []


def wrong(operation: str, pointer: str, value: object, issue: str, *, location: str = "body") -> RefusedError:
    """Return PARAM_ERROR for one field: a JSON pointer in a body, a parameter's name in a query or a path."""
    source = f"/{location}/{pointer.removeprefix('/')}"
    detail: dict[str, Any] = {"field": pointer, "value": _shown(value), "issue": issue, "location": location}
    return refused(operation, "PARAM_ERROR", f"输入源“{source}”{issue}", detail=detail)


def _broken(one: Field, value: object) -> str | None:
    if not isinstance(value, one.kind) or (one.kind is int and isinstance(value, bool)):
        return "类型不正确"
    if isinstance(value, dict) and one.longest is not None:
        length = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
        return f"字节数 {length}，大于最大值 {one.longest}" if length > one.longest else None
    if isinstance(value, int) and one.least is not None and value < one.least:
        return f"值低于最小值 {one.least}"  # this one is WeChat Pay's own text
    if isinstance(value, str):
        length = len(value.encode()) if one.in_bytes else len(value)
        unit = "字节数" if one.in_bytes else "字符数"
        if length < one.shortest:
            return f"{unit} {length}，小于最小值 {one.shortest}"
        if one.longest is not None and length > one.longest:
            return f"{unit} {length}，大于最大值 {one.longest}"
        if one.pattern is not None and not re.fullmatch(one.pattern, value):
            return "格式不正确"
        if one.among is not None and value not in one.among:
            return "不在枚举值范围内"
    return None


def _at(body: dict[str, Any], pointer: str) -> Any:
    value: Any = body
    for part in pointer.split("/")[1:]:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return _ABSENT
    return value


def _shown(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False).strip('"')
