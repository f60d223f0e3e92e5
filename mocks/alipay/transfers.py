"""Transfers: to a wallet at once, to a bank card in a while; one number moves money once, and what came back is told.

Sources: alipay-sdk-php-all@d95249a3 ``v3/docs`` of uni.transfer and common.query (DEALING, FAIL and REFUND are of bank cards
alone). How long a card takes, its fee, and the state of a transfer without money are assumed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mocks.alipay.codes import find
from mocks.alipay.fields import yuan
from mocks.alipay.orders import time
from mocks.clock import Clock
from mocks.control import ControlRefusedError, not_now, not_there

STATES: dict[tuple[str, str], str] = {
    ("DEALING", "confirm"): "SUCCESS",
    ("DEALING", "fail"): "FAIL",
    ("SUCCESS", "return"): "REFUND",
}
OPERATION = "alipay.fund.trans.uni.transfer"
_SETTLES_AFTER, _COMES_BACK_AFTER = timedelta(seconds=10), timedelta(hours=2)


@dataclass
class Transfer:
    """One transfer; ``amount`` is fen. ``fate`` is how it will end, if a magic value said so."""

    out_biz_no: str
    order_id: str
    pay_fund_order_id: str
    amount: int
    parameters: dict[str, Any]
    created: datetime
    changed: datetime
    state: str
    held: bool = False
    fate: tuple[str, str] | None = None
    error_code: str | None = None

    @property
    def to_card(self) -> bool:
        """Whether it goes to a bank card."""
        return bool(self.parameters["payee_info"]["identity_type"] == "BANKCARD_ACCOUNT")

    @property
    def gone(self) -> bool:
        """Whether its money has left the account, for now."""
        return self.state in {"DEALING", "SUCCESS"}


class Transfers:
    """The transfers of one merchant."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[str, Transfer] = {}
        self._open: list[Transfer] = []

    def add(self, one: Transfer) -> None:
        """Take in a transfer."""
        self.all[one.out_biz_no] = one
        self._open.append(one)

    def tick(self) -> None:
        """Let time do its work on the transfers that it can still change."""
        for one in self._open:
            self.settle(one)
        self._open = [one for one in self._open if one.state == "DEALING" or (one.state == "SUCCESS" and one.fate)]

    def settle(self, one: Transfer) -> None:
        """Let time do its work on a transfer to a card."""
        now = self._clock.now()
        if one.state == "DEALING" and not one.held and now >= one.changed + _SETTLES_AFTER:
            failing = one.fate is not None and one.fate[0] == "FAIL"
            code = one.fate[1] if one.fate and failing else None
            self.move(one, "fail" if failing else "confirm", code, at=one.changed + _SETTLES_AFTER)
        if one.state == "SUCCESS" and one.fate and one.fate[0] == "RETURN" and now >= one.changed + _COMES_BACK_AFTER:
            self.move(one, "return", one.fate[1], at=one.changed + _COMES_BACK_AFTER)

    def move(self, one: Transfer, event: str, error_code: str | None = None, *, at: datetime | None = None) -> None:
        """Let an event happen to the transfer, now or at a time that has passed.

        Raises:
            ControlRefusedError: it cannot happen in its state, or the reason is none that the channel knows.
        """
        target = STATES.get((one.state, event))
        if target is None or (event == "return" and not one.to_card):
            possible = sorted(event for state, event in STATES if state == one.state and one.to_card)
            raise not_now("transfer", one.state, event, possible)
        if error_code is not None and find(OPERATION, error_code) is None:
            raise ControlRefusedError(
                f"{error_code} 不是 {OPERATION} 的码", f"{error_code} is no code of {OPERATION}", status=400
            )
        one.state, one.changed, one.error_code = target, at or self._clock.now(), error_code

    def of_number(self, out_biz_no: str) -> Transfer:
        """Return the transfer for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        if out_biz_no not in self.all:
            raise not_there("transfer", out_biz_no)
        self.settle(self.all[out_biz_no])
        return self.all[out_biz_no]


def shown(one: Transfer) -> dict[str, Any]:
    """Return the transfer as a query answers it."""
    content: dict[str, Any] = {"out_biz_no": one.out_biz_no, "order_id": one.order_id, "status": one.state}
    if one.state != "FAIL":
        content |= {"pay_fund_order_id": one.pay_fund_order_id, "pay_date": time(one.created)}
    if one.state == "SUCCESS":
        content["trans_amount"] = yuan(one.amount)
    if one.to_card and one.state != "FAIL":
        content |= {"order_fee": "0.00", "arrival_time_end": time(one.created + timedelta(hours=2))}
    if one.error_code is not None:
        known = find(OPERATION, one.error_code)
        content |= {"error_code": one.error_code, "fail_reason": known.text if known is not None else one.error_code}
    if one.parameters.get("passback_params"):
        content["passback_params"] = one.parameters["passback_params"]
    return content


def accepted(one: Transfer) -> dict[str, Any]:
    """Return the transfer as its request answers it."""
    return {
        "out_biz_no": one.out_biz_no,
        "order_id": one.order_id,
        "pay_fund_order_id": one.pay_fund_order_id,
        "status": one.state,
        "trans_date": time(one.created),
    }
