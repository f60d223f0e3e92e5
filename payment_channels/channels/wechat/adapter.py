"""The verbs of WeChat Pay v3 as exchanges: native payments, queries, closing, refunds."""

import secrets
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from payment_channels.channel import Authenticity, Channel, Exchange, HttpCall, HttpReply, Manifest, Reading, fetch
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channels.wechat import bodies, checks
from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.messages import Answer, ErrorAnswer, PrepayAnswer, Refund, Transaction
from payment_channels.channels.wechat.signing import FIRST_ERROR, Credentials
from payment_channels.model.orders import AnyOrder, CloseOrder, PaymentOrder, RefundOrder
from payment_channels.model.payer_actions import ShowQrCode
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, RefundQuery
from payment_channels.model.results import PaymentFacts

A = TypeVar("A", bound=Answer)
Nonce = Callable[[], str]

OK, NO_CONTENT = 200, 204
PREPAY = "/v3/pay/transactions/"
BY_NUMBER = "/v3/pay/transactions/out-trade-no/"
BY_CHANNEL_ID = "/v3/pay/transactions/id/"
REFUNDS = "/v3/refund/domestic/refunds"
USER_AGENT = "payment-channels (Python)"


def random_nonce() -> str:
    """Return 32 upper-case hex digits, as the channel's own examples have them."""
    return secrets.token_hex(16).upper()


class Wechat(Channel):
    """One merchant at WeChat Pay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: WechatConfig, *, clock: Clock = system_clock, nonce: Nonce = random_nonce) -> None:
        """Parse the keys of ``config`` once.

        Raises:
            ConfigurationError: a key cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._credentials = Credentials.of(config)
        self._nonce = nonce

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order against the channel's documented forms; the merchant's own id is the wire's."""
        if isinstance(order, PaymentOrder):
            checks.check_payment(order)
        elif isinstance(order, RefundOrder):
            checks.check_refund(order)
        elif isinstance(order, CloseOrder):
            checks.check_out_trade_no(order.merchant_order_id)
        else:
            self._not_supported(order.kind)
        return Prepared(
            channel=self.manifest.name,
            order=order,
            wire={"mchid": self.config.mchid, "appid": self.config.appid},
            prepared_at=self.clock(),
            key_id=self._credentials.serial_no,
        )
        yield  # an exchange that asks nothing of the world

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST /v3/pay/transactions/native``: the answer is the content of a QR code."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare made it; nothing has been sent
        operation = f"pay.{order.product}"
        reply = yield from self._send("POST", PREPAY + order.product, bodies.encoded(bodies.prepay(self.config, order)))
        answer = self._read(PrepayAnswer, reply, operation, success=OK)
        if isinstance(answer, Reading):
            return answer
        facts = PaymentFacts(
            merchant_order_id=order.merchant_order_id,
            product=order.product,
            payer_action=ShowQrCode(content=answer.code_url),
        )
        return self._reading(reply, operation, "http", str(reply.status), facts=facts)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """``GET /v3/pay/transactions/…``, by the merchant's number or the channel's id."""
        if asked.merchant_order_id is not None:
            checks.check_out_trade_no(asked.merchant_order_id)
            path = BY_NUMBER + segment(asked.merchant_order_id)
        else:
            checks.check_channel_id(asked.channel_order_id or "")
            path = BY_CHANNEL_ID + segment(asked.channel_order_id or "")
        reply = yield from self._send("GET", f"{path}?{urlencode({'mchid': self.config.mchid})}")
        answer = self._read(Transaction, reply, "query", success=OK)
        if isinstance(answer, Reading):
            return answer
        return self._of_answer(reply, "query", answer, lambda: self._transaction(reply, "query", answer))

    def close(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST …/close``: 204 without content, signed."""
        order = prepared.order
        assert isinstance(order, CloseOrder)  # noqa: S101  prepare made it; nothing has been sent
        path = f"{BY_NUMBER}{segment(order.merchant_order_id)}/close"
        reply = yield from self._send("POST", path, bodies.encoded({"mchid": self.config.mchid}))
        if reply.status >= FIRST_ERROR:
            return self._error(reply, "close")
        facts = PaymentFacts(merchant_order_id=order.merchant_order_id)
        return self._reading(reply, "close", "http", str(reply.status), facts=facts)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """``POST /v3/refund/domestic/refunds``: an answer of 200 means taken in; ``status`` says more."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        reply = yield from self._send("POST", REFUNDS, bodies.encoded(bodies.refund(order)))
        return self._refund_reading(reply, "refund")

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """``GET /v3/refund/domestic/refunds/{out_refund_no}``."""
        checks.check_out_refund_no(asked.merchant_refund_id)
        reply = yield from self._send("GET", f"{REFUNDS}/{segment(asked.merchant_refund_id)}")
        return self._refund_reading(reply, "query_refund")

    def _send(self, method: str, target: str, body: bytes = b"") -> Exchange[HttpReply]:
        """Sign and send; ``target`` is path and query, encoded already."""
        authorization = yield from self._credentials.authorization(method, target, body, now=self.clock(), nonce=self._nonce())
        headers = (
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Content-Type", "application/json"),
            ("User-Agent", USER_AGENT),
            ("Authorization", authorization),
            ("Wechatpay-Serial", self._credentials.asked_for),
        )
        return (yield from fetch(HttpCall(method, self.config.base_url + target, headers, body)))

    def _read(self, model: type[A], reply: HttpReply, operation: str, *, success: int) -> A | Reading:
        """Return the parsed answer of a success, or the reading of anything else."""
        if reply.status >= FIRST_ERROR:
            return self._error(reply, operation)
        if reply.status != success:
            return self._reading(reply, operation, "http", str(reply.status))
        try:
            return model.model_validate_json(reply.body)
        except ValidationError:
            return self._unreadable(reply, operation, "the body is not the documented JSON")

    def _of_answer(self, reply: HttpReply, operation: str, answer: Answer, make: Callable[[], Reading]) -> Reading:
        try:
            return make()
        except ValueError:
            return self._unreadable(reply, operation, f"{type(answer).__name__} has a field that is not as documented")

    def _transaction(self, reply: HttpReply, operation: str, answer: Transaction) -> Reading:
        return self._reading(
            reply,
            operation,
            "trade_state",
            answer.trade_state,
            message=answer.trade_state_desc or "",
            facts=answer.facts(),
            foreign=self._foreign(answer.mchid, answer.appid),
        )

    def _refund_reading(self, reply: HttpReply, operation: str) -> Reading:
        answer = self._read(Refund, reply, operation, success=OK)
        if isinstance(answer, Reading):
            return answer
        return self._of_answer(
            reply, operation, answer, lambda: self._reading(reply, operation, "refund_status", answer.status, facts=answer.facts())
        )

    def _foreign(self, mchid: str | None, appid: str | None) -> str:
        if mchid is not None and mchid != self.config.mchid:
            return "mchid differs"
        if appid is not None and appid != self.config.appid:
            return "appid differs"
        return ""

    def _error(self, reply: HttpReply, operation: str) -> Reading:
        """Read an answer of 400 and above: a code in JSON, or nothing but the status."""
        if not reply.body:
            return self._reading(reply, operation, "http", str(reply.status))
        try:
            answer = ErrorAnswer.model_validate_json(reply.body)
        except ValidationError:
            return self._unreadable(reply, operation, "the error is not the documented JSON")
        return self._reading(reply, operation, "code", answer.code, message=answer.message or "")

    def _reading(self, reply: HttpReply, operation: str, where: str, code: str, **more: Any) -> Reading:
        authenticity, why = self._credentials.believe_reply(reply, now=self.clock())
        if authenticity is not Authenticity.NOT_VERIFIED:
            why = more.pop("note", "")
        return Reading(
            operation=operation,
            where=where,
            code=code,
            http_status=reply.status,
            request_id=reply.header("Request-ID") or None,
            authenticity=authenticity,
            note=why,
            **more,
        )

    def _unreadable(self, reply: HttpReply, operation: str, note: str) -> Reading:
        return Reading.unreadable(operation, http_status=reply.status, request_id=reply.header("Request-ID") or None, note=note)


def segment(text: str) -> str:
    """Encode one part of a path. Everything but letters, digits and ``-_`` is escaped, so nothing is re-encoded later."""
    return quote(text, safe="")
