"""The verbs of TeaPay as exchanges: yield a call, be sent the reply, return a reading. No outcome is made here."""

import json
import re
from typing import ClassVar

from pydantic import BaseModel, ValidationError

from payment_channels import (
    Authenticity,
    Channel,
    Exchange,
    HttpCall,
    HttpReply,
    InvalidRequestError,
    Manifest,
    Money,
    PaymentOrder,
    PaymentQuery,
    Prepared,
    Reading,
    ShowQrCode,
)
from payment_channels.channel import fetch
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.codec.amounts import minor_of_text, text_of_minor
from payment_channels.model.orders import AnyOrder
from payment_channels.model.results import Amounts, PaymentFacts

from .config import TeaPayConfig
from .signing import HEADER, right, signature

ORDER_NO = re.compile(r"[0-9A-Za-z]{6,32}")
ERROR = 400


class Order(BaseModel):
    """What TeaPay says of an order. Unknown fields are tolerated, since channels add them."""

    order_no: str
    tea_no: str
    amount: str  # yuan, two decimals
    state: str
    pay_url: str | None = None


class Refusal(BaseModel):
    """What TeaPay says instead, with a status of 400 and above."""

    code: str
    text: str = ""


class TeaPay(Channel):
    """One merchant at TeaPay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: TeaPayConfig, *, clock: Clock = system_clock) -> None:
        """Keep the configuration."""
        super().__init__(clock=clock)
        self.config = config

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Refuse what TeaPay would refuse, while nothing has left."""
        assert isinstance(order, PaymentOrder), "nothing else is declared"
        check(order.merchant_order_id)
        return self.ready(order, {}, key_id=self.config.key_id)
        yield  # an exchange that asks nothing of the world

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST /orders``."""
        order = prepared.order
        assert isinstance(order, PaymentOrder), "prepare has seen to it"
        body = {
            "order_no": order.merchant_order_id,
            "amount": text_of_minor(order.amount.amount),
            "subject": order.subject,
        }
        return (yield from self._ask("pay", "POST", "/orders", json.dumps(body, ensure_ascii=False).encode()))

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """``GET /orders/{order_no}``."""
        number = asked.merchant_order_id or ""
        check(number)
        return (yield from self._ask("query", "GET", f"/orders/{number}", b""))

    def _ask(self, operation: str, method: str, path: str, body: bytes) -> Exchange[Reading]:
        headers = (
            ("Tea-Merchant", self.config.merchant),
            (HEADER, signature(self.config.key, method, path, body)),
            ("Content-Type", "application/json"),
        )
        reply = yield from fetch(HttpCall(method, self.config.base_url + path, headers, body))
        try:
            return self._reading(operation, path, reply)
        except (ValidationError, ValueError):
            return Reading.unreadable(operation, http_status=reply.status, note="not the documented JSON")

    def _reading(self, operation: str, path: str, reply: HttpReply) -> Reading:
        verified = right(self.config.key, str(reply.status), path, reply.body, reply.header(HEADER))
        authenticity = Authenticity.VERIFIED if verified else Authenticity.NOT_VERIFIED
        if reply.status >= ERROR:
            refusal = Refusal.model_validate_json(reply.body)
            return Reading(
                operation=operation,
                where="code",
                code=refusal.code,
                message=refusal.text,
                http_status=reply.status,
                authenticity=authenticity,
            )
        order = Order.model_validate_json(reply.body)
        facts = PaymentFacts(
            merchant_order_id=order.order_no,
            channel_order_id=order.tea_no,
            product="qr",
            amounts=Amounts(order=Money(minor_of_text(order.amount))),
            payer_action=ShowQrCode(content=order.pay_url) if order.pay_url else None,
        )
        return Reading(
            operation=operation,
            where="state",
            code=order.state,
            http_status=reply.status,
            authenticity=authenticity,
            facts=facts,
        )


def check(number: str) -> None:
    """Refuse an order number of another form: it would change the path that is signed."""
    if not ORDER_NO.fullmatch(number):
        raise InvalidRequestError.of_field("merchant_order_id", "须为 6–32 位数字或字母", "6 to 32 digits or letters")
