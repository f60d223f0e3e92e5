"""LianLian's notifications: how a payment ended is posted as signed JSON to notify_url, until it is taken.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/async-notification-concept.md and instant-payment-notification.md: SUCCESS and
FAILURE are told, the answer within five seconds has to be ``{"ret_code":"0000","ret_msg":"ok"}``, else it comes again thirty
times, every two minutes. So a payment that comes back, or that is closed, is told to nobody: only a query tells.
"""

import json

from mocks.clock import Clock
from mocks.lianlian import results
from mocks.lianlian.codes import ACCEPTED
from mocks.lianlian.payouts import Payout
from mocks.lianlian.signing import Gate
from mocks.notices import Notice, Notices
from mocks.wire import json_of

WAITS = (120,) * 30
_HEADERS = {"Content-Type": "text/json;charset=utf-8"}


def is_taken(answer: str) -> bool:
    """Say whether an answer is the one that LianLian waits for; spaces and more fields do not matter, which is assumed."""
    try:
        content = json_of(answer.encode())
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("ret_code") == ACCEPTED


class Herald:
    """Puts LianLian's notifications in waiting."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        """Start without any in waiting."""
        self._gate = gate
        self.notices = Notices(clock, "lianlian", (200).__eq__, is_taken)

    def ended(self, one: Payout) -> None:
        """Tell how a payment ended."""
        fields = results.notified(one)

        def write() -> tuple[dict[str, str], bytes]:
            return _HEADERS, json.dumps(self._gate.sign(fields), ensure_ascii=False).encode()

        self.notices.add(f"payout.{one.state}", one.no_order, one.notify_url, write, WAITS)

    def forged(self, notice: Notice) -> Notice:
        """Post what a notification says once more, with a signature that must not be believed."""

        def write() -> tuple[dict[str, str], bytes]:
            headers, body = notice.write()
            return headers, json.dumps(spoiled(json.loads(body)), ensure_ascii=False).encode()

        return self.notices.add(notice.event, notice.about, notice.url, write, ())


def spoiled(signed: dict[str, str]) -> dict[str, str]:
    """Return signed fields with a signature of the right form that does not verify."""
    signature = signed["sign"]
    return signed | {"sign": ("B" if signature[0] == "A" else "A") + signature[1:]}
