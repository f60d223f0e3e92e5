"""Orders as WeChat Pay keeps them: one table of states, the rules of a repeated number, and what a query says."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mocks.clock import Clock
from mocks.control import not_now, not_there
from mocks.wechat.codes import refused
from mocks.wechat.fields import wrong
from mocks.wechat.limits import make_room

# Every way from one state to another; what is not here is refused. The channel's own events are close, refund and reverse;
# the others are the payer's (pay, fail) and time's (expire). Sources: 订单状态流转.md of wechatpay-skills@15f40d07 and
# doc 4012791900. A payer who fails may try again: the order stays NOTPAY; with a payment code it ends as PAYERROR.
STATES: dict[tuple[str, str], str] = {
    ("NOTPAY", "pay"): "SUCCESS",
    ("NOTPAY", "fail"): "NOTPAY",
    ("NOTPAY", "close"): "CLOSED",
    ("NOTPAY", "expire"): "CLOSED",
    ("NOTPAY", "reverse"): "REVOKED",
    ("USERPAYING", "pay"): "SUCCESS",
    ("USERPAYING", "fail"): "PAYERROR",
    ("USERPAYING", "expire"): "PAYERROR",
    ("USERPAYING", "reverse"): "REVOKED",
    ("PAYERROR", "reverse"): "REVOKED",
    ("SUCCESS", "reverse"): "REVOKED",  # the money goes back to the payer
    ("REVOKED", "reverse"): "REVOKED",  # re-entrant
    ("CLOSED", "close"): "CLOSED",  # re-entrant
    ("SUCCESS", "refund"): "REFUND",
    ("REFUND", "refund"): "REFUND",
}
DESCRIPTIONS = {
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "NOTPAY": "订单未支付",
    "CLOSED": "订单已关闭",
    "REVOKED": "订单已撤销",
    "USERPAYING": "用户支付中，需要输入密码",
    "PAYERROR": "支付失败(其他原因，如银行返回失败)",
}
PAID = {"SUCCESS", "REFUND"}
TRADE_TYPES = {"native": "NATIVE", "jsapi": "JSAPI", "app": "APP", "h5": "MWEB", "codepay": "MICROPAY", "micropay": "MICROPAY"}
# W6: payable for seven days; an end nearer than a minute or farther than 15 days is moved there, silently.
_UNPAID, _SOONEST, _LATEST = timedelta(days=7), timedelta(minutes=1), timedelta(days=15)


@dataclass
class Order:
    """One order. ``identity`` holds the ids of its merchant as every answer repeats them."""

    product: str
    identity: dict[str, str]
    out_trade_no: str
    total: int
    parameters: dict[str, Any]
    created: datetime
    expires: datetime
    state: str = "NOTPAY"
    notify_url: str | None = None
    serial: str | None = None  # whose signature its notifications carry: that of the request that made it
    transaction_id: str | None = None
    paid_at: datetime | None = None
    reversed_at: datetime | None = None  # when money that had been paid went back
    payer: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    handed_out: str = ""

    @property
    def merchant(self) -> str:
        """The merchant among whose numbers this one is unique."""
        return self.identity.get("sub_mchid") or self.identity["mchid" if "mchid" in self.identity else "sp_mchid"]


class Orders:
    """The orders of one channel."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[tuple[str, str], Order] = {}
        self._paid: dict[str, Order] = {}
        self._codes: dict[str, Order] = {}

    def place(self, order: Order, operation: str) -> Order:
        """Take in an order, or the one that has its number already.

        Raises:
            RefusedError: the number is another order's, or its order is paid or closed.
        """
        known = self.all.get((order.merchant, order.out_trade_no))
        if known is None:
            make_room(operation, self.all)
            self.all[order.merchant, order.out_trade_no] = order
            return order
        self.settle(known)
        if known.product != order.product or known.parameters != order.parameters:
            raise refused(operation, "OUT_TRADE_NO_USED")
        if known.state == "CLOSED":
            raise refused(operation, "ORDER_CLOSED")
        if known.state == "REVOKED":
            raise refused(operation, "ORDER_REVERSED")
        if known.state not in {
            "NOTPAY",
            "USERPAYING",
        }:  # the code is in the public list of 2021, not in this operation's table: assumed
            raise refused(operation, "ORDER_PAID")
        return known

    def scan(self, order: Order, auth_code: str, operation: str) -> Order:
        """Take in an order by the code that its payer showed: a code is good for one order.

        Raises:
            RefusedError: as ``place``; or the code was shown for another order.
        """
        used = self._codes.get(auth_code)
        if used is not None and (used.merchant, used.out_trade_no) != (order.merchant, order.out_trade_no):
            code = (
                "AUTH_CODE_ERROR" if operation == "micropay" else "AUTH_CODE_EXPIRE"
            )  # v2 documents its own; of v3 it is assumed
            raise refused(
                operation, code, why={"reason": f"the payment code was used for {used.out_trade_no}; one is good for one order"}
            )
        placed = self.place(order, operation)
        self._codes[auth_code] = placed
        return placed

    def find(self, merchant: str, out_trade_no: str) -> Order | None:
        """Return the merchant's order of that number, as it is now."""
        found = self.all.get((merchant, out_trade_no))
        return self.settle(found) if found else None

    def find_paid(self, merchant: str, transaction_id: str) -> Order | None:
        """Return the merchant's order that has WeChat Pay's number."""
        found = self._paid.get(transaction_id)
        return found if found is not None and found.merchant == merchant else None

    def settle(self, order: Order) -> Order:
        """Let time do its work on an order."""
        if order.state in {"NOTPAY", "USERPAYING"} and self._clock.now() >= order.expires:
            self.move(order, "expire")
        return order

    def move(self, order: Order, event: str) -> None:
        """Let an event happen to the order.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        target = STATES.get((order.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == order.state)
            raise not_now("order", order.state, event, possible)
        if event == "reverse" and order.state in PAID:
            order.reversed_at = self._clock.now()
        order.state = target

    def pay(self, order: Order, payer: str | None = None) -> None:
        """Let the payer pay.

        Raises:
            ControlRefusedError: the order cannot be paid any more.
        """
        self.settle(order)
        self.move(order, "pay")
        now = self._clock.now()
        order.transaction_id = f"4200{secrets.randbelow(10**6):06d}{now:%Y%m%d}{secrets.randbelow(10**10):010d}"  # 28 digits
        self._paid[order.transaction_id] = order
        order.paid_at = now
        name = "sp_openid" if "sp_mchid" in order.identity else "openid"
        asked = order.parameters.get("payer") or {}
        given = {key: value for key, value in asked.items() if key.endswith("openid")} if isinstance(asked, dict) else {}
        order.payer = {name: payer} if payer else given or {name: f"oMock{secrets.token_hex(11)}x"}  # 28 characters

    def of_number(self, out_trade_no: str) -> Order:
        """Return the order for the control plane, whoever's it is.

        Raises:
            ControlRefusedError: there is none.
        """
        found = next((one for one in self.all.values() if one.out_trade_no == out_trade_no), None)
        if found is None:
            raise not_there("order", out_trade_no)
        return self.settle(found)


def end_of_order(operation: str, asked: str | None, now: datetime) -> datetime:
    """Return until when an order can be paid.

    Raises:
        RefusedError: ``time_expire`` is no time with its zone.
    """
    if asked is None:
        return now + _UNPAID
    try:
        wanted = datetime.fromisoformat(asked)
    except ValueError:
        wanted = None
    if wanted is None or wanted.tzinfo is None or not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", asked):
        raise wrong(operation, "/time_expire", asked, "映射到字符串字段“交易结束时间”规则校验失败，应为RFC3339格式")
    return min(max(wanted, now + _SOONEST), now + _LATEST)


def shown(order: Order) -> dict[str, Any]:
    """Return the order as a query answers it: without transaction_id and trade_type while nobody has paid."""
    currency = order.parameters.get("amount", {}).get("currency", "CNY")
    content: dict[str, Any] = {
        **order.identity,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state,
        "trade_state_desc": DESCRIPTIONS[order.state],
        "attach": order.parameters.get("attach", ""),
        "amount": {"total": order.total, "currency": currency},
        "promotion_detail": [],
    }
    if order.transaction_id is not None and order.paid_at is not None:
        content |= {
            "transaction_id": order.transaction_id,
            "trade_type": TRADE_TYPES[order.product],
            "bank_type": "OTHERS",
            "success_time": order.paid_at.isoformat(timespec="seconds"),
            "payer": order.payer,
        }
        content["amount"] |= {"payer_total": order.total, "payer_currency": currency}
    return content
