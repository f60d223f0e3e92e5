"""The other end of TeaPay's wire, written from its pages and not from the adapter; and what the conformance kit asks of it."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

from payment_channels import Inbound, Money, PaymentOrder, PaymentResult, PayoutOrder, Verb
from payment_channels.testing import Booked, Collected, Trouble

METHODS = {Verb.PAY: "POST", Verb.QUERY: "GET"}


@dataclass
class TeaPayMock:
    """Its books, and the troubles that were ordered."""

    key: str
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    planned: dict[str, Any] = field(default_factory=dict)  # by method: a trouble, a code or a state for the next request

    notify_url = None  # TeaPay sends no notifications
    troubles = frozenset(Trouble)

    # --- What TeaPay does

    def sign(self, first: str, second: str, body: bytes) -> str:
        return hmac.new(self.key.encode(), f"{first}\n{second}\n".encode() + body, hashlib.sha256).hexdigest()

    def carry_out(self, method: str, path: str, body: bytes, signature: str) -> tuple[int, dict[str, Any]]:
        if signature != self.sign(method, path, body):
            return 401, {"code": "BAD_SIGNATURE", "text": "签名错误"}
        if method == "POST":
            asked = json.loads(body)
            number = asked["order_no"]
            held = self.orders.setdefault(number, {**asked, "tea_no": f"T{len(self.orders):08}", "state": "OPEN"})
            if any(held[name] != asked[name] for name in asked):
                return 409, {"code": "NUMBER_TAKEN", "text": "单号已使用"}
        else:
            number = path.rpartition("/")[2]
        if number not in self.orders:
            return 404, {"code": "NO_SUCH_ORDER", "text": "查无此单"}
        return 200, {**self.orders[number], "pay_url": f"https://pay.teapay.example/{number}"}

    def answer_to(self, request: Any, library: ModuleType) -> Any:
        method, path, body = request.method, request.url.path, request.read()
        plan = self.planned.pop(method, None)
        signature = request.headers.get("Tea-Signature", "")
        if isinstance(plan, Collected):
            status, content = plan.status or 400, {"code": plan.code, "text": plan.message}
        else:
            status, content = self.carry_out(method, path, body, signature)
        if plan is Trouble.TWICE:
            status, content = self.carry_out(method, path, body, signature)
        if plan is Trouble.LOST:
            raise library.ReadError("the connection has ended", request=request)
        if plan is Trouble.CUT:
            raise library.RemoteProtocolError("in the middle of the answer", request=request)
        if isinstance(plan, str) and not isinstance(plan, Trouble):
            content = {**content, "state": plan}
        said = json.dumps(content, ensure_ascii=False).encode()
        if plan is Trouble.SERVER_ERROR:
            return library.Response(502, content=b"<html>bad gateway</html>", request=request)
        if plan is Trouble.GARBAGE:
            said = b"\x00garbage"
        headers = {"Tea-Signature": self.sign(str(status), path, said)}
        if plan is Trouble.FORGED:
            headers = {"Tea-Signature": "0" * 64}
        return library.Response(status, headers={} if plan is Trouble.UNSIGNED else headers, content=said, request=request)

    # --- What the kit asks: none of it goes through the adapter

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        transport = library.MockTransport(lambda request: self.answer_to(request, library))
        return library.AsyncClient(transport=transport) if asynchronous else library.Client(transport=transport)

    def books(self) -> Sequence[Booked]:
        return [
            Booked("payment", number, Money(int(held["amount"].replace(".", ""))), held["state"] == "PAID")
            for number, held in self.orders.items()
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        self.orders[order.merchant_order_id]["state"] = "PAID"

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.planned[METHODS[verb]] = trouble

    def answer(self, row: Collected) -> None:
        self.planned[METHODS[row.verb]] = row

    def show(self, state: str, verb: Verb) -> None:
        self.planned[METHODS[verb]] = state

    def secrets(self) -> Iterable[str]:
        yield self.key

    # --- What this channel does not have: the kit skips what the manifest does not declare

    def complete(self, order: PayoutOrder) -> None:
        raise NotImplementedError

    def fail(self, order: PayoutOrder) -> None:
        raise NotImplementedError

    def settle_refunds(self) -> None:
        raise NotImplementedError

    def received(self) -> Sequence[Inbound]:
        return ()

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        return ()

    def today(self) -> date:
        return datetime.now(UTC).date()

    def end_day(self) -> date:
        raise NotImplementedError
