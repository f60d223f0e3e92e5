"""Alipay's notifications: a form posted to notify_url, signed by the rule without sign_type, until ``success`` is answered.

Sources: the notifications in alipay-sdk-nodejs-all@e1676390 ``test/alipay.test.ts``; the schedule and the triggers as the page of
asynchronous notifications has them. That a partial refund is told as TRADE_SUCCESS with ``refund_fee`` is unverified, and so
assumed. They are signed with the key beside ``alipay_public_key.pem``, in certificate mode too.
"""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from mocks.alipay import orders, signing
from mocks.alipay.fields import yuan
from mocks.alipay.keys import AlipayKeys
from mocks.alipay.orders import Order, time
from mocks.alipay.refunds import Refund
from mocks.clock import Clock
from mocks.notices import Notices

# Four minutes, ten, ten, an hour, two, six and fifteen.
WAITS = (240, 600, 600, 3600, 7200, 21600, 54000)
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
_CODECS = {"gbk": "gb18030"}


class Herald:
    """Puts Alipay's notifications in waiting."""

    def __init__(self, keys: AlipayKeys, clock: Clock) -> None:
        """Start without any in waiting."""
        self._keys = keys
        self._clock = clock
        self.notices = Notices(clock, "alipay", word="success")

    def tell(self, order: Order, refund: Refund | None = None) -> None:
        """Tell the state of a trade, and of the refund that changed it, if its merchant asked to be told."""
        if order.notify_url:
            parameters = self._parameters(order, refund)
            writer = self._writer(parameters, _CODECS.get(order.charset, "utf-8"))
            self.notices.add(order.state, order.out_trade_no, order.notify_url, writer, WAITS)

    def _parameters(self, order: Order, refund: Refund | None) -> dict[str, str]:
        now = self._clock.now()
        amounts = orders.amounts(order)
        values: dict[str, Any] = {
            "notify_type": "trade_status_sync",
            "notify_id": f"{now:%Y%m%d}00222{now:%H%M%S}{secrets.randbelow(10**15):015d}",
            "app_id": self._keys.app_id,
            "auth_app_id": self._keys.app_id,
            "charset": order.charset,
            "version": "1.0",
            "sign_type": "RSA2",
            "trade_no": order.trade_no,
            "out_trade_no": order.out_trade_no,
            "trade_status": order.state,
            "seller_id": self._keys.seller_id,
            "seller_email": "moc***@example.com",
            "subject": order.parameters.get("subject"),
            "body": order.parameters.get("body"),
            "passback_params": order.parameters.get("passback_params"),
            "gmt_create": time(order.begun),
            "total_amount": amounts["total_amount"],
            **{"buyer_id" if name == "buyer_user_id" else name: value for name, value in order.payer.items()},
        }
        if order.paid_at is not None:
            values |= amounts | {
                "gmt_payment": time(order.paid_at),
                "fund_bill_list": f'[{{"amount":"{yuan(order.total)}","fundChannel":"ALIPAYACCOUNT"}}]',
            }
        if order.closed_at is not None:
            values["gmt_close"] = time(order.closed_at)
        if order.refunded:
            values |= {"refund_fee": yuan(order.refunded), "gmt_refund": time(now)}
        if refund is not None:
            values["out_biz_no"] = refund.number
        return {name: str(value) for name, value in values.items() if value}

    def _writer(self, parameters: dict[str, str], codec: str) -> Callable[[], tuple[dict[str, str], bytes]]:
        def write() -> tuple[dict[str, str], bytes]:
            # notify_id is the same each time, that is how a repetition is known; notify_time is that of the posting.
            values = parameters | {"notify_time": time(self._clock.now())}
            text = signing.notice_string(values).encode(codec, "replace")
            values["sign"] = signing.signature(self._keys.alipay_key, text)
            return dict(_HEADERS), urlencode(values, encoding=codec, errors="replace").encode()

        return write
