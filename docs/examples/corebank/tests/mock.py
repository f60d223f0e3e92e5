"""The core, written from its pages and not from the adapter: books in double entry, and what the conformance kit asks of it."""

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

PATHS = {Verb.PAY: "/book", Verb.QUERY: "/entries", Verb.CANCEL: "/reverse"}
STATUS = {"BAD_SIGNATURE": 401, "NO_SUCH_SERIAL": 404, "SERIAL_USED": 409, "REVERSED_BEFORE": 409}
SAME = ("debit", "debit_name", "debit_type", "credit", "amount", "currency", "summary")
"""What makes two bookings of one serial the same."""


@dataclass
class Core:
    """Accounts, postings and entries. Every posting has two sides, so the accounts always sum to what they began with."""

    key: str
    accounts: dict[str, tuple[str, int]] = field(default_factory=dict)  # number: name and balance in fen
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    tombstones: set[str] = field(default_factory=set)
    planned: dict[str, Any] = field(default_factory=dict)  # by the first part of a path: what the next request meets

    notify_url = None  # a core asks nobody back
    troubles = frozenset(Trouble)

    # --- What the core does

    def open_account(self, number: str, name: str, balance: int = 0) -> None:
        self.accounts[number] = (name, balance)

    def total(self) -> int:
        return sum(balance for _, balance in self.accounts.values())

    def _post(self, debit: str, credit: str, amount: int) -> None:
        for number, change in ((debit, -amount), (credit, amount)):
            name, balance = self.accounts[number]
            self.accounts[number] = (name, balance + change)

    def _book(self, asked: dict[str, Any]) -> dict[str, Any] | str:
        held = self.entries.get(asked["serial"])
        if held is not None:
            return held if all(held[name] == asked[name] for name in SAME) else "SERIAL_USED"
        if asked["serial"] in self.tombstones:
            return "REVERSED_BEFORE"
        if asked["debit"] not in self.accounts:
            return "NO_SUCH_ACCOUNT"
        name, balance = self.accounts[asked["debit"]]
        if name != asked["debit_name"]:
            return "NAME_DIFFERS"
        if balance < asked["amount"]:
            return "BALANCE_SHORT"
        self._post(asked["debit"], asked["credit"], asked["amount"])
        made = {**asked, "core_serial": f"C{len(self.entries):010}", "state": "BOOKED"}
        self.entries[asked["serial"]] = made
        return made

    def _reverse(self, asked: dict[str, Any]) -> dict[str, Any] | str:
        held = self.entries.get(asked["original"])
        if held is None:
            self.tombstones.add(asked["original"])
            return {**asked, "serial": asked["original"], "core_serial": "C-", "state": "REVERSED"}
        if held["amount"] != asked["amount"]:
            return "OTHER_AMOUNT"
        if held["state"] == "BOOKED":
            self._post(held["credit"], held["debit"], held["amount"])
            held["state"] = "REVERSED"
        return held

    def carry_out(self, method: str, path: str, body: bytes, given: str) -> dict[str, Any] | str:
        expected = hmac.new(self.key.encode(), f"{method}\n{path}\n".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, given):
            return "BAD_SIGNATURE"
        if path == "/book":
            return self._book(json.loads(body))
        if path == "/reverse":
            return self._reverse(json.loads(body))
        return self.entries.get(path.rpartition("/")[2], "NO_SUCH_SERIAL")

    # --- The wire, and what can happen on it

    def answer_to(self, request: Any, library: ModuleType) -> Any:
        path, body = request.url.path, request.read()
        plan = self.planned.pop("/" + path.split("/")[1], None)
        said: dict[str, Any] | str
        if isinstance(plan, Collected):
            said = plan.code
        else:
            said = self.carry_out(request.method, path, body, request.headers.get("Core-Signature", ""))
        if plan is Trouble.TWICE:
            said = self.carry_out(request.method, path, body, request.headers.get("Core-Signature", ""))
        if plan is Trouble.LOST:
            raise library.ReadError("the connection has ended", request=request)
        if plan is Trouble.CUT:
            raise library.RemoteProtocolError("in the middle of the answer", request=request)
        if plan is Trouble.SERVER_ERROR:
            return library.Response(502, content=b"<html>bad gateway</html>", request=request)
        if isinstance(said, str):
            status, content = STATUS.get(said, 422), {"code": said, "text": "见错误码表"}
        else:
            status, content = 200, {**said}
            if isinstance(plan, str) and not isinstance(plan, Trouble):
                content["state"] = plan
        whole = b"\x00garbage" if plan is Trouble.GARBAGE else json.dumps(content, ensure_ascii=False).encode()
        signed = hmac.new(self.key.encode(), f"{path}\n{status}\n".encode() + whole, hashlib.sha256).hexdigest()
        headers = {"Core-Signature": "0" * 64 if plan is Trouble.FORGED else signed}
        return library.Response(status, headers={} if plan is Trouble.UNSIGNED else headers, content=whole, request=request)

    # --- What the kit asks: none of it goes through the adapter

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        transport = library.MockTransport(lambda request: self.answer_to(request, library))
        return library.AsyncClient(transport=transport) if asynchronous else library.Client(transport=transport)

    def books(self) -> Sequence[Booked]:
        return [
            Booked("payment", serial, Money(held["amount"], held["currency"]), held["state"] == "BOOKED")
            for serial, held in self.entries.items()
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        """A core books at once: there is no payer to wait for."""

    def settle_refunds(self) -> None:
        """A reversal is booked at once."""

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.planned[PATHS[verb]] = trouble

    def answer(self, row: Collected) -> None:
        self.planned[PATHS[row.verb]] = row

    def show(self, state: str, verb: Verb) -> None:
        self.planned[PATHS[verb]] = state

    def secrets(self) -> Iterable[str]:
        yield self.key

    # --- What a core does not have here; the manifest does not declare it, and the kit does not ask

    def complete(self, order: PayoutOrder) -> None:
        raise AssertionError("no payouts are declared")

    def fail(self, order: PayoutOrder) -> None:
        raise AssertionError("no payouts are declared")

    def received(self) -> Sequence[Inbound]:
        return ()

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        return ()

    def today(self) -> date:
        return datetime.now(UTC).date()

    def end_day(self) -> date:
        raise AssertionError("no bill is declared")
