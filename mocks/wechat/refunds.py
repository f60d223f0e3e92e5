"""Refunds as WeChat Pay keeps them: one id moves money once, never more than was paid, settled at the next look."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mocks.clock import Clock
from mocks.control import not_now, not_there
from mocks.wechat.codes import refused
from mocks.wechat.limits import make_room
from mocks.wechat.orders import PAID, Order, Orders

# PROCESSING ends as SUCCESS by itself, at the next query or a few business seconds later, unless it is held.
STATES: dict[tuple[str, str], str] = {
    ("PROCESSING", "succeed"): "SUCCESS",
    ("PROCESSING", "abnormal"): "ABNORMAL",  # the payer's card or account takes no money
    ("PROCESSING", "close"): "CLOSED",  # the money stays with the merchant
    ("PROCESSING", "hold"): "PROCESSING",
    ("ABNORMAL", "succeed"): "SUCCESS",
    ("ABNORMAL", "close"): "CLOSED",
    ("ABNORMAL", "apply"): "PROCESSING",  # to another card, or back to the merchant
}
SETTLES_AFTER = timedelta(seconds=3)  # the real one takes up to three working days; no page gives a least time
# At most 50 parts within 365 days, a minute between one and the next: wiki apiv3 chapter3_5_9 (2022-08-29).
_PARTS, _PERIOD, _APART = 50, timedelta(days=365), timedelta(minutes=1)


@dataclass
class Refund:
    """One refund of one order."""

    out_refund_no: str
    order: Order
    amount: int
    parameters: dict[str, Any]
    created: datetime
    refund_id: str
    started: datetime  # as ``created``, until it is applied for anew
    state: str = "PROCESSING"
    held: bool = False
    applied: bool = False  # anew, after it was abnormal
    ended: datetime | None = None
    notify_url: str | None = None
    serial: str | None = None


class Refunds:
    """The refunds of one channel."""

    def __init__(self, clock: Clock, orders: Orders) -> None:
        """Start without any."""
        self._clock = clock
        self._orders = orders
        self.all: dict[tuple[str, str], Refund] = {}
        self._of_order: dict[tuple[str, str], list[Refund]] = {}
        self._pending: list[Refund] = []

    def request(self, merchant: str, body: dict[str, Any], serial: str | None) -> Refund:
        """Take in a refund, or return the one that has its number already.

        Raises:
            RefusedError: with the code that the pages name for it.
        """
        known = self.all.get((merchant, body["out_refund_no"]))
        if known is not None:
            _same(known, body)
            return known
        order = self._order(merchant, body)
        amount = body["amount"]["refund"]
        self._check(order, amount, body["amount"]["total"])
        make_room("refund", self.all)
        now = self._clock.now()
        number = f"5030{secrets.randbelow(10**6):06d}{now:%Y%m%d}{secrets.randbelow(10**11):011d}"  # 29 digits
        refund = Refund(
            body["out_refund_no"], order, amount, body, now, number, now, notify_url=body.get("notify_url"), serial=serial
        )
        self._orders.move(order, "refund")
        self.all[merchant, refund.out_refund_no] = refund
        self._of_order.setdefault((order.merchant, order.out_trade_no), []).append(refund)
        self._pending.append(refund)
        return refund

    def _order(self, merchant: str, body: dict[str, Any]) -> Order:
        number, by_id = body.get("out_trade_no"), body.get("transaction_id")
        if (number is None) == (by_id is None):
            raise refused(
                "refund",
                "PARAM_ERROR",
                "transaction_id和out_trade_no二选一",
                detail={"field": "/out_trade_no", "location": "body"},
            )
        order = self._orders.find_paid(merchant, by_id) if by_id is not None else self._orders.find(merchant, str(number))
        if order is None or order.state not in PAID:
            raise refused("refund", "RESOURCE_NOT_EXISTS")
        return order

    def _check(self, order: Order, amount: int, total: int) -> None:
        every = self._of_order.get((order.merchant, order.out_trade_no), [])
        earlier = [one for one in every if one.state != "CLOSED"]
        # The texts of these refusals are assumed, their code is the one documented for broken business rules.
        if total != order.total:
            raise refused("refund", "INVALID_REQUEST", f"原订单金额{total}与支付金额{order.total}不一致")
        if order.paid_at is not None and self._clock.now() - order.paid_at > _PERIOD:
            raise refused("refund", "TRADE_OVERDUE")
        if sum(one.amount for one in earlier) + amount > order.total:
            raise refused("refund", "INVALID_REQUEST", "累计退款金额大于支付金额")
        if len(earlier) >= _PARTS:
            raise refused("refund", "INVALID_REQUEST", f"部分退款次数超过{_PARTS}次")
        if every and self._clock.now() - every[-1].created < _APART:  # that it is this code is assumed
            reason = "refunds of one order follow each other after a minute: POST /_mock/clock/advance"
            raise refused("refund", "FREQUENCY_LIMITED", why={"reason": reason})

    def find(self, merchant: str, out_refund_no: str) -> Refund | None:
        """Return the merchant's refund of that number."""
        return self.all.get((merchant, out_refund_no))

    def pending(self) -> list[Refund]:
        """Return the refunds that have not ended."""
        self._pending = [one for one in self._pending if one.state == "PROCESSING"]
        return self._pending

    def apply(self, refund: Refund) -> None:
        """Start an abnormal refund anew; it settles as any other."""
        self.move(refund, "apply")
        refund.applied, refund.ended, refund.started = True, None, self._clock.now()
        self._pending.append(refund)

    def settle(self, refund: Refund, *, asked: bool = False) -> bool:
        """Let a refund come to its end when it is due, or is ``asked`` about; say whether it did."""
        now, due = self._clock.now(), refund.started + SETTLES_AFTER
        if refund.state != "PROCESSING" or refund.held or not (asked or now >= due):
            return False
        self.move(refund, "succeed")
        refund.ended = min(now, due)  # though nobody looked at the time
        return True

    def move(self, refund: Refund, event: str) -> None:
        """Let an event happen to the refund.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        target = STATES.get((refund.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == refund.state)
            raise not_now("refund", refund.state, event, possible)
        refund.held = event == "hold"
        refund.state = target
        if target != "PROCESSING":
            refund.ended = self._clock.now()

    def of_number(self, out_refund_no: str) -> Refund:
        """Return the refund for the control plane, whoever's it is.

        Raises:
            ControlRefusedError: there is none.
        """
        found = next((one for one in self.all.values() if one.out_refund_no == out_refund_no), None)
        if found is None:
            raise not_there("refund", out_refund_no)
        return found


def _same(known: Refund, body: dict[str, Any]) -> None:
    if known.parameters == body:
        return
    if known.parameters["amount"] != body["amount"]:  # FAQ: the parameters of an out_refund_no never change; status assumed
        raise refused("refund", "REFUND_FEE_MISMATCH")
    raise refused("refund", "INVALID_REQUEST", "商户退款单号重复，但请求参数与首次请求时不一致")


def shown(refund: Refund) -> dict[str, Any]:
    """Return the refund as the request and its query answer it."""
    order, currency = refund.order, refund.parameters["amount"]["currency"]
    content: dict[str, Any] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": refund.created.isoformat(timespec="seconds"),
        "status": refund.state,
        "funds_account": refund.parameters.get("funds_account", "UNSETTLED"),
        "amount": {
            "total": order.total,
            "refund": refund.amount,
            "from": refund.parameters["amount"].get("from", []),
            "payer_total": order.total,
            "payer_refund": refund.amount,
            "settlement_refund": refund.amount,
            "settlement_total": order.total,
            "discount_refund": 0,
            "currency": currency,
        },
        "promotion_detail": [],
    }
    if refund.state == "SUCCESS" and refund.ended is not None:
        content["success_time"] = refund.ended.isoformat(timespec="seconds")
    return content


def told(refund: Refund) -> dict[str, Any]:
    """Return the refund as its notification tells it: the state is named ``refund_status`` here."""
    content = shown(refund)
    merchants = {name: value for name, value in refund.order.identity.items() if name.endswith("mchid")}
    names = ("transaction_id", "out_trade_no", "refund_id", "out_refund_no", "success_time", "user_received_account")
    amounts = ("total", "refund", "payer_total", "payer_refund")
    return {
        **merchants,
        **{name: content[name] for name in names if name in content},
        "refund_status": refund.state,
        "amount": {name: content["amount"][name] for name in amounts},
    }
