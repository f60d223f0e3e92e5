"""Batch transfers to users' balances, the product before transfer-bills: taken in whole, done soon, asked about in parts.

Sources: endpoints and fields of wechatpay.js.org@730e6368 ``openapi/v3/transfer/batches``; states and reasons of
wechatpay-go@6dbd7ce2 ``services/transferbatch/models.go``; limits of docs/merchant/products/batch-transfer-to-balance. A batch
that waits for an employee's confirmation (WAIT_PAY) is not played.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mocks.clock import Clock
from mocks.control import not_now, not_there
from mocks.wechat.codes import refused
from mocks.wechat.limits import make_room

STATES: dict[tuple[str, str], str] = {
    ("ACCEPTED", "finish"): "FINISHED",
    ("ACCEPTED", "hold"): "PROCESSING",
    ("ACCEPTED", "close"): "CLOSED",
    ("PROCESSING", "finish"): "FINISHED",
    ("PROCESSING", "close"): "CLOSED",
}
ENDS = {"FINISHED", "CLOSED"}
_SETTLES_AFTER = timedelta(seconds=3)


@dataclass
class Detail:
    """One payee of a batch; ``doomed`` is why it is going to fail."""

    out_detail_no: str
    detail_id: str
    parameters: dict[str, Any]
    doomed: str | None
    sealed_name: str | None = None
    state: str = "PROCESSING"

    @property
    def amount(self) -> int:
        """Fen."""
        return int(self.parameters["transfer_amount"])


@dataclass
class Batch:
    """One batch. ``meaning`` is what was asked for, with the names as they read: sealed ones differ each time."""

    out_batch_no: str
    batch_id: str
    parameters: dict[str, Any]
    meaning: dict[str, Any]
    details: list[Detail]
    created: datetime
    changed: datetime
    serial: str | None
    state: str = "ACCEPTED"
    close_reason: str | None = None
    notify_url: str | None = None

    def sums(self, state: str) -> tuple[int, int]:
        """Return how much and how many of the details are in a state."""
        amounts = [one.amount for one in self.details if one.state == state]
        return sum(amounts), len(amounts)


@dataclass
class Batches:
    """The batches of one channel."""

    clock: Clock
    all: dict[str, Batch] = field(default_factory=dict)
    _open: list[Batch] = field(default_factory=list)
    _details: int = 0

    def request(self, body: dict[str, Any], meaning: dict[str, Any], details: list[Detail], serial: str | None) -> Batch:
        """Take in a batch, or return the one that has its number already.

        Raises:
            RefusedError: its number was used for another.
        """
        known = self.all.get(body["out_batch_no"])
        if known is not None:
            if known.meaning != meaning:
                raise refused("batch", "INVALID_REQUEST", "单号已存在但信息不一致,请查单后比较确认")
            return known
        make_room("batch", self._details + len(details) - 1)
        self._details += len(details)
        now = self.clock.now()
        number = f"1310{secrets.randbelow(10**12):012d}{now:%Y%m%d}{secrets.randbelow(10**10):010d}"
        made = Batch(body["out_batch_no"], number, body, meaning, details, now, now, serial, notify_url=body.get("notify_url"))
        self.all[made.out_batch_no] = made
        self._open.append(made)
        return made

    def find(self, *, out_batch_no: str | None = None, batch_id: str | None = None) -> Batch | None:
        """Return the batch of that number."""
        if out_batch_no is not None:
            return self.all.get(out_batch_no)
        return next((one for one in self.all.values() if one.batch_id == batch_id), None)

    def open(self) -> list[Batch]:
        """Return those that have not ended."""
        self._open = [one for one in self._open if one.state not in ENDS]
        return self._open

    def settle(self, batch: Batch, *, asked: bool = False) -> bool:
        """Let a batch come to its end when it is due, or is ``asked`` about; say whether it did. A held one waits."""
        now, due = self.clock.now(), batch.changed + _SETTLES_AFTER
        if batch.state != "ACCEPTED" or not (asked or now >= due):
            return False
        self.move(batch, "finish")
        batch.changed = min(now, due)  # though nobody looked at the time
        return True

    def move(self, batch: Batch, event: str, reason: str = "OVERDUE_CLOSE") -> None:
        """Let an event happen to the batch; nothing of a closed one is paid.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        target = STATES.get((batch.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == batch.state)
            raise not_now("batch", batch.state, event, possible)
        batch.state, batch.changed = target, self.clock.now()
        batch.close_reason = reason if target == "CLOSED" else None
        for one in batch.details if target in ENDS else ():
            one.state = "FAIL" if one.doomed or target == "CLOSED" else "SUCCESS"

    def of_number(self, out_batch_no: str) -> Batch:
        """Return the batch for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        if out_batch_no not in self.all:
            raise not_there("batch", out_batch_no)
        return self.all[out_batch_no]


def accepted(batch: Batch) -> dict[str, Any]:
    """Return the batch as its creation answers it."""
    return {
        "out_batch_no": batch.out_batch_no,
        "batch_id": batch.batch_id,
        "create_time": batch.created.isoformat(timespec="seconds"),
        "batch_status": batch.state,
    }


def told(batch: Batch, mchid: str) -> dict[str, Any]:
    """Return the batch as its notification tells it."""
    (paid, paid_num), (failed, failed_num) = batch.sums("SUCCESS"), batch.sums("FAIL")
    content = {
        "out_batch_no": batch.out_batch_no,
        "batch_id": batch.batch_id,
        "batch_status": batch.state,
        "total_num": len(batch.details),
        "total_amount": batch.parameters["total_amount"],
        "success_amount": paid,
        "success_num": paid_num,
        "fail_amount": failed,
        "fail_num": failed_num,
        "mchid": mchid,
        "update_time": batch.changed.isoformat(timespec="seconds"),
    }
    return content | ({"close_reason": batch.close_reason} if batch.close_reason else {})


def shown(batch: Batch, mchid: str) -> dict[str, Any]:
    """Return the batch as a query answers it."""
    asked = batch.parameters
    same = {name: asked[name] for name in ("appid", "batch_name", "batch_remark", "transfer_scene_id") if name in asked}
    return told(batch, mchid) | same | {"batch_type": "API", "create_time": batch.created.isoformat(timespec="seconds")}


def detail_shown(batch: Batch, one: Detail, mchid: str) -> dict[str, Any]:
    """Return one payee's part as its query answers it."""
    content = {
        "mchid": mchid,
        "out_batch_no": batch.out_batch_no,
        "batch_id": batch.batch_id,
        "appid": batch.parameters["appid"],
        "out_detail_no": one.out_detail_no,
        "detail_id": one.detail_id,
        "detail_status": one.state,
        "transfer_amount": one.amount,
        "transfer_remark": one.parameters["transfer_remark"],
        "openid": one.parameters["openid"],
        "initiate_time": batch.created.isoformat(timespec="seconds"),
        "update_time": batch.changed.isoformat(timespec="seconds"),
    }
    failed = {"fail_reason": one.doomed or batch.close_reason} if one.state == "FAIL" else {}
    return content | failed | ({"user_name": one.sealed_name} if one.sealed_name else {})
