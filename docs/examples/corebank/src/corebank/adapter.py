"""The verbs of a bank's own core as exchanges: yield a call, be sent the reply, return a reading. No outcome is made here."""

import re
from typing import ClassVar

from pydantic import ValidationError

from payment_channels import (
    Authenticity,
    CancelOrder,
    Channel,
    Exchange,
    HttpCall,
    HttpReply,
    InvalidRequestError,
    Manifest,
    PaymentOrder,
    PaymentQuery,
    Prepared,
    Reading,
)
from payment_channels.channel import fetch
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.model.orders import AnyOrder

from .config import CorebankConfig
from .messages import Entry, Refusal, account_of, booking, reversal
from .signing import HEADER, fits, signature

SERIAL = re.compile(r"[0-9A-Za-z]{6,32}")
FIRST_ERROR = 400


class Corebank(Channel):
    """The payment system's access to the core."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: CorebankConfig, *, clock: Clock = system_clock) -> None:
        """Keep the configuration."""
        super().__init__(clock=clock)
        self.config = config

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Refuse what the core would refuse, while nothing has left."""
        if isinstance(order, PaymentOrder):
            check(order.merchant_order_id)
            account_of(order)
        elif isinstance(order, CancelOrder):
            check(order.original.merchant_order_id or "")
        return self.ready(order, {})
        yield  # an exchange that asks nothing of the world

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST /book``: the account is debited and the suspense account credited, at once or not at all."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare has seen to it
        return (yield from self._ask("pay", "POST", "/book", booking(self.config, order)))

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """``GET /entries/{serial}``. A serial that is not found may still be on its way."""
        serial = asked.merchant_order_id or ""
        check(serial)
        return (yield from self._ask("query", "GET", f"/entries/{serial}", b""))

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST /reverse``: 冲正. Of an entry that has not arrived it leaves a mark, and the late entry is refused."""
        order = prepared.order
        assert isinstance(order, CancelOrder)  # noqa: S101  prepare has seen to it
        return (yield from self._ask("cancel", "POST", "/reverse", reversal(self.config, order)))

    def _ask(self, operation: str, method: str, target: str, body: bytes) -> Exchange[Reading]:
        headers = (
            (HEADER, signature(self.config.key, method, target, body)),
            ("Content-Type", "application/json"),
        )
        reply = yield from fetch(HttpCall(method, self.config.base_url + target, headers, body))
        try:
            return self._reading(operation, target, reply)
        except ValidationError:
            return Reading.unreadable(operation, http_status=reply.status, note="not the documented JSON")

    def _reading(self, operation: str, target: str, reply: HttpReply) -> Reading:
        verified = fits(self.config.key, target, reply.status, reply.body, reply.header(HEADER))
        authenticity = Authenticity.VERIFIED if verified else Authenticity.NOT_VERIFIED
        if reply.status >= FIRST_ERROR:
            refusal = Refusal.model_validate_json(reply.body)
            return Reading(
                operation=operation,
                where="code",
                code=refusal.code,
                message=refusal.text,
                http_status=reply.status,
                authenticity=authenticity,
            )
        entry = Entry.model_validate_json(reply.body)
        return Reading(
            operation=operation,
            where="state",
            code=entry.state,
            http_status=reply.status,
            authenticity=authenticity,
            facts=entry.facts(),
        )


def check(serial: str) -> None:
    """Refuse a serial number of another form: it would change the path that is signed."""
    if not SERIAL.fullmatch(serial):
        raise InvalidRequestError.because(
            "merchant_order_id：须为 6–32 位数字或字母",
            "merchant_order_id: 6 to 32 digits or letters",
            field="merchant_order_id",
        )
