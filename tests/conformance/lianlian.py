"""LianLian as the conformance kit needs it: the mock as counterpart, the collected codes as witness, sample orders."""

import base64
import csv
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from error_codes import translate
from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    CorporateAccount,
    Inbound,
    Money,
    PaymentOrder,
    PaymentResult,
    PayoutOrder,
    PersonalAccount,
    Verb,
    open_channel,
)
from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.testing import Booked, ChannelConformance, Collected, KitClock, Trouble

VECTORS = Path(__file__).parents[1] / "vectors" / "lianlian"
KINDS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST: {"kind": "lose_reply"},
    Trouble.CUT: {"kind": "half_body"},
    Trouble.GARBAGE: {"kind": "garbage"},
    Trouble.FORGED: {"kind": "bad_signature"},
    Trouble.UNSIGNED: {"kind": "unsigned"},
    Trouble.SERVER_ERROR: {"kind": "server_error", "executed": True},
    Trouble.TWICE: {"kind": "executed_twice"},
}
DOORS: Mapping[Verb, str] = {
    Verb.PAYOUT: "paymentapi/payment",
    Verb.CONFIRM_PAYOUT: "confirmPayment",
    Verb.QUERY_PAYOUT: "queryPayment",
    Verb.BALANCE: "traderAcctQuery",
}
HELD_BACK = {"4002", "4003", "4004"}
"""No refusals: the payout is taken in, and waits. They are tried by the check of confirmations."""
LOCAL = "http://127.0.0.1:8700"
BANK = "01040000"
_NUMBERS = itertools.count(1)
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class LianlianCounterpart:
    """The mock's world within the process."""

    notify_url = "http://127.0.0.1:9/notify"
    troubles = frozenset(KINDS)

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self._posted: list[Inbound] = []
        world._post = self._take

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self._posted.append(Inbound(body=body, headers=headers))
        return 200, '{"ret_code":"0000","ret_msg":"ok"}'

    def _payouts(self) -> list[dict[str, Any]]:
        payouts: list[dict[str, Any]] = self.world.books()["lianlian"]["payouts"]
        return payouts

    def _control(self, number: str, verb: str, **options: Any) -> None:
        self.world.channels["lianlian"].control("payouts", number, verb, options)

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def books(self) -> Sequence[Booked]:
        return [Booked("payout", one["no_order"], Money(one["fen"]), one["state"] == "SUCCESS") for one in self._payouts()]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        raise NotImplementedError("LianLian takes no payments here")

    def complete(self, order: PayoutOrder) -> None:
        (held,) = [one for one in self._payouts() if one["no_order"] == order.merchant_order_id]
        if held["state"] != "SUCCESS":
            self._control(order.merchant_order_id, "complete")

    def fail(self, order: PayoutOrder) -> None:
        self._control(order.merchant_order_id, "fail", code="1110")

    def settle_refunds(self) -> None:
        """There are none."""

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({"channel": "lianlian", **KINDS[trouble], "path": DOORS[verb]})

    def answer(self, row: Collected) -> None:
        told = {"message": row.message} if row.message else {}
        self.world.faults.add({"channel": "lianlian", "kind": "next_code", "code": row.code, **told, "path": DOORS[row.verb]})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"channel": "lianlian", "kind": "unknown_state", "state": state, "path": DOORS[verb]})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        fields: dict[str, str] = json.loads(genuine.body)
        yield "a stranger's signature", _posted(_signed_by_a_stranger(fields))
        cheap = {**fields, "money_order": "0.02" if fields["money_order"] == "0.01" else "0.01"}
        yield "another amount, signed by a stranger", _posted(_signed_by_a_stranger(cheap))
        yield "another amount", _posted(cheap)
        other = "SUCCESS" if fields["result_pay"] == "FAILURE" else "FAILURE"
        yield "another state", _posted({**fields, "result_pay": other})
        yield "a field more", _posted({**fields, "memo": "x"})
        for name in fields:
            yield f"no {name}", _posted({one: text for one, text in fields.items() if one != name})

    def today(self) -> date:
        return self.world.clock.now().date()

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(24 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        for name in ("merchant_key.pem", "lianlian_key.pem"):
            yield (self.keys / "lianlian" / name).read_text(encoding="utf-8").splitlines()[3]


def _posted(fields: Mapping[str, str]) -> Inbound:
    return Inbound(body=json.dumps(fields, ensure_ascii=False).encode())


def _signed_by_a_stranger(fields: Mapping[str, str]) -> dict[str, str]:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign")
    signature = _STRANGER.sign(text.encode(), padding.PKCS1v15(), hashes.MD5())  # noqa: S303  LianLian's choice
    return {**fields, "sign": base64.b64encode(signature).decode()}


def collected() -> list[Collected]:
    """Every code of both lists, in answer to each operation that the table takes a stand on; what is held back is no error."""
    listed: dict[str, str] = {}
    for name in ("lianlian_errors.csv", "lianlian_instantpay_codes.csv"):
        with (VECTORS / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("api", "ret_code").startswith(("ret_code", "LianLian ret_code")):
                    listed[row["code"]] = row["message"]
    choices = {Verb.PAYOUT: "corporate_account", Verb.QUERY_PAYOUT: "corporate_account", Verb.BALANCE: None}
    return [
        Collected(verb, choice, code=code, message=message)
        for code, message in listed.items()
        for verb, choice in choices.items()
        if code not in HELD_BACK | {"0000"} and translate("lianlian", str(verb), where="ret_code", code=code).kind != "unmapped"
    ]


class Conformance(ChannelConformance):
    """What LianLian wants besides what every channel does. Each payee is another: two payouts to one are held back."""

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        number = f"{next(_NUMBERS):08}"
        person = PersonalAccount(account_no=f"62162610{number}", name="张三")
        company = CorporateAccount(
            account_no=f"12020227{number}", name="某某科技有限公司", bank_code=BANK, cnaps_code="104100000004"
        )
        if verb is Verb.PAYOUT:
            return {"remark": "货款", "payee": company if choice == "corporate_account" else person}
        if verb is Verb.CONFIRM_PAYOUT:
            return {"purpose": "MOCK:4003"}
        return {}

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[LianlianCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    config = LianlianConfig.from_directory(keys / "lianlian", base_url=LOCAL)
    return LianlianCounterpart(world, keys), open_channel("lianlian", config, clock=clock)
