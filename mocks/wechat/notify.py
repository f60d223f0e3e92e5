"""WeChat Pay's notifications: what they say, how they are sealed, and how often they are sent.

Sources: the notification pages as collected in wechatpay.js.org@730e6368 ``webhook/v3``; the schedule of payments and refunds
is that of doc 4012791882's family, of transfers that of the transfer pages.
"""

import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any

from mocks.clock import Clock
from mocks.notices import Notices
from mocks.wechat import batches, orders, refunds, transfers
from mocks.wechat.batches import Batch
from mocks.wechat.keys import WechatKeys
from mocks.wechat.orders import Order
from mocks.wechat.refunds import Refund
from mocks.wechat.signing import Gate
from mocks.wechat.transfers import Transfer
from payment_channels.codec.aead import seal

WAITS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
TRANSFER_WAITS = (15,) * 10 + (300,) * 10 + (1800,) * 44
_SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
    "MCHTRANSFER.BILL.FINISHED": "商家转账单据终态通知",
    "MCHTRANSFER.BATCH.FINISHED": "商家转账批次完成通知",
    "MCHTRANSFER.BATCH.CLOSED": "商家转账批次关闭通知",
}


class Herald:
    """Puts WeChat Pay's notifications in waiting."""

    def __init__(self, keys: WechatKeys, gate: Gate, clock: Clock) -> None:
        """Start without any in waiting."""
        self._keys = keys
        self._gate = gate
        self._clock = clock
        self.notices = Notices(clock, "wechat")

    def paid(self, order: Order) -> None:
        """Tell that an order was paid, if its merchant asked to be told."""
        if order.notify_url is not None:
            self._add(
                "TRANSACTION.SUCCESS", "transaction", order.out_trade_no, order.notify_url, order.serial, orders.shown(order)
            )

    def refund_ended(self, refund: Refund) -> None:
        """Tell how a refund ended."""
        if refund.notify_url is not None:
            content = refunds.told(refund)
            self._add(f"REFUND.{refund.state}", "refund", refund.out_refund_no, refund.notify_url, refund.serial, content)

    def transfer_ended(self, transfer: Transfer) -> None:
        """Tell how a transfer ended."""
        if transfer.notify_url is not None:
            content, url = transfers.told(transfer, self._keys.mchid), transfer.notify_url
            self._add("MCHTRANSFER.BILL.FINISHED", "mch_payment", transfer.out_bill_no, url, transfer.serial, content)

    def batch_ended(self, batch: Batch) -> None:
        """Tell how a batch of transfers ended."""
        if batch.notify_url is not None:
            content, event = batches.told(batch, self._keys.mchid), f"MCHTRANSFER.BATCH.{batch.state}"
            self._add(event, "mch_payment", batch.out_batch_no, batch.notify_url, batch.serial, content)

    def _add(
        self,
        event: str,
        kind: str,
        about: str,
        url: str,
        serial: str | None,
        content: dict[str, Any],
    ) -> None:
        waits = TRANSFER_WAITS if kind == "mch_payment" else WAITS
        self.notices.add(event, about, url, self._writer(event, kind, serial, content), waits)

    def _writer(
        self, event: str, kind: str, serial: str | None, content: dict[str, Any]
    ) -> Callable[[], tuple[dict[str, str], bytes]]:
        nonce = secrets.token_hex(6)
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        letter = {
            "id": str(uuid.uuid4()),  # the same each time it is sent: that is how a repetition is known
            "create_time": self._clock.now().isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": _SUMMARIES[event],
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": seal(self._keys.apiv3_key, nonce=nonce, associated_data=kind, plain=plain),
                "associated_data": kind,
                "nonce": nonce,
            },
        }
        body = json.dumps(letter, ensure_ascii=False, separators=(",", ":")).encode()

        def write() -> tuple[dict[str, str], bytes]:
            headers = {"Content-Type": "application/json", "Request-ID": f"08{secrets.token_hex(16).upper()}-0"}
            return headers | self._gate.headers(body, serial), body

        return write
