"""Transfers to a user's balance (transfer-bills, 2025): accepted, confirmed by the user, and ended, on one table of states.

Sources: doc 4012716434 and its family as read in 2025; bounds of an amount and what follows the 24 hours are assumed.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mocks.clock import Clock
from mocks.control import ControlRefusedError, not_now, not_there
from mocks.wechat.codes import find, refused
from mocks.wechat.limits import make_room

STATES: dict[tuple[str, str], str] = {
    ("ACCEPTED", "fail"): "FAIL",
    ("WAIT_USER_CONFIRM", "confirm"): "SUCCESS",
    ("WAIT_USER_CONFIRM", "transfer"): "TRANSFERING",  # the channel's own spelling
    ("WAIT_USER_CONFIRM", "fail"): "FAIL",
    ("WAIT_USER_CONFIRM", "expire"): "FAIL",
    ("WAIT_USER_CONFIRM", "cancel"): "CANCELING",
    ("TRANSFERING", "confirm"): "SUCCESS",
    ("TRANSFERING", "fail"): "FAIL",
    ("CANCELING", "settle"): "CANCELLED",
}
ENDS = {"SUCCESS", "FAIL", "CANCELLED"}
_CONFIRMED_WITHIN, _KEPT, _SETTLES_AFTER = timedelta(hours=24), timedelta(days=30), timedelta(seconds=3)


@dataclass
class Transfer:
    """One transfer. ``meaning`` is what was asked for, with the name as it reads: a sealed one differs each time."""

    out_bill_no: str
    transfer_bill_no: str
    amount: int
    parameters: dict[str, Any]
    meaning: dict[str, Any]
    created: datetime
    changed: datetime
    state: str = "WAIT_USER_CONFIRM"
    fail_reason: str | None = None
    doomed: str | None = None
    sealed_name: str | None = None
    notify_url: str | None = None
    serial: str | None = None
    package: str = ""


class Transfers:
    """The transfers of one channel."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[str, Transfer] = {}
        self._by_id: dict[str, Transfer] = {}
        self._open: list[Transfer] = []

    def request(self, body: dict[str, Any], name: str | None, doomed: str | None, serial: str | None) -> Transfer:
        """Take in a transfer, or return the one that has its number already.

        Raises:
            RefusedError: its number was used for another.
        """
        meaning = body | {"user_name": name}
        known = self.all.get(body["out_bill_no"])
        if known is not None:
            if known.meaning != meaning:  # the public list's advice for this code says just that; the text is assumed
                raise refused("transfer", "INVALID_REQUEST", "商户单号重复，但请求参数与首次请求时不一致")
            return known
        make_room("transfer", self.all)
        now = self._clock.now()
        number = f"1330{secrets.randbelow(10**6):06d}{now:%Y%m%d}{secrets.randbelow(10**10):010d}"
        made = Transfer(body["out_bill_no"], number, body["transfer_amount"], body, meaning, now, now, serial=serial)
        made.state, made.doomed = ("ACCEPTED", doomed) if doomed else ("WAIT_USER_CONFIRM", None)
        made.notify_url = body.get("notify_url")
        made.package = secrets.token_urlsafe(60)
        self.all[made.out_bill_no] = self._by_id[number] = made
        self._open.append(made)
        return made

    def find(self, *, out_bill_no: str | None = None, transfer_bill_no: str | None = None) -> Transfer | None:
        """Return the transfer of that number, unless it is older than the thirty days for which it can be asked about."""
        found = self.all.get(out_bill_no or "") or self._by_id.get(transfer_bill_no or "")
        return found if found is not None and self._clock.now() - found.created <= _KEPT else None

    def open(self) -> list[Transfer]:
        """Return those that have not ended."""
        self._open = [one for one in self._open if one.state not in ENDS]
        return self._open

    def settle(self, transfer: Transfer, *, asked: bool = False) -> bool:
        """Let time do its work on a transfer, or a question about it; say whether it ended."""
        now, due = self._clock.now(), transfer.changed + _SETTLES_AFTER
        soon = asked or now >= due
        if transfer.state == "CANCELING" and soon:
            self.move(transfer, "settle")
        elif transfer.state == "ACCEPTED" and transfer.doomed is not None and soon:
            self.move(transfer, "fail", transfer.doomed)
        elif transfer.state == "WAIT_USER_CONFIRM" and now >= transfer.created + _CONFIRMED_WITHIN:
            due = transfer.created + _CONFIRMED_WITHIN
            self.move(transfer, "expire", "OVERDUE_CLOSE")
        else:
            return False
        transfer.changed = min(now, due)  # though nobody looked at the time
        return True

    def move(self, transfer: Transfer, event: str, reason: str | None = None) -> None:
        """Let an event happen to the transfer.

        Raises:
            ControlRefusedError: it cannot happen in its state, or the reason is none that the channel knows.
        """
        target = STATES.get((transfer.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == transfer.state)
            raise not_now("transfer", transfer.state, event, possible)
        if reason is not None and find("fail_reason", reason) is None:
            raise ControlRefusedError(
                f"{reason} 不是微信支付的 fail_reason", f"{reason} is no fail_reason of WeChat Pay", status=400
            )
        transfer.state = target
        transfer.changed = self._clock.now()
        transfer.fail_reason = reason if target == "FAIL" else None

    def of_number(self, out_bill_no: str) -> Transfer:
        """Return the transfer for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        if out_bill_no not in self.all:
            raise not_there("transfer", out_bill_no)
        return self.all[out_bill_no]


def accepted(transfer: Transfer) -> dict[str, Any]:
    """Return the transfer as its creation answers it; ``package_info`` comes while the user can confirm, and only then."""
    content = {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "create_time": transfer.created.isoformat(timespec="seconds"),
        "state": transfer.state,
    }
    if transfer.state == "WAIT_USER_CONFIRM":
        content["package_info"] = transfer.package
    return content | ({"fail_reason": transfer.fail_reason} if transfer.fail_reason else {})


def shown(transfer: Transfer, mchid: str) -> dict[str, Any]:
    """Return the transfer as a query answers it: ``mch_id``, with an underscore here alone."""
    content: dict[str, Any] = {
        "mch_id": mchid,
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "appid": transfer.parameters["appid"],
        "state": transfer.state,
        "transfer_amount": transfer.amount,
        "transfer_remark": transfer.parameters["transfer_remark"],
        "openid": transfer.parameters["openid"],
        "create_time": transfer.created.isoformat(timespec="seconds"),
        "update_time": transfer.changed.isoformat(timespec="seconds"),
    }
    optional = {"fail_reason": transfer.fail_reason, "user_name": transfer.sealed_name}
    return content | {name: value for name, value in optional.items() if value}


def cancelled(transfer: Transfer) -> dict[str, Any]:
    """Return the transfer as its cancellation answers it."""
    return {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "state": transfer.state,
        "update_time": transfer.changed.isoformat(timespec="seconds"),
    }


def told(transfer: Transfer, mchid: str) -> dict[str, Any]:
    """Return the transfer as its notification tells it."""
    names = (
        "out_bill_no",
        "transfer_bill_no",
        "state",
        "mch_id",
        "transfer_amount",
        "openid",
        "fail_reason",
        "create_time",
        "update_time",
    )
    content = shown(transfer, mchid)
    return {name: content[name] for name in names if name in content}
