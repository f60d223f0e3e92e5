"""CIB's direct connection for the conformance kit: the mock as counterpart, the collected table as witness, sample orders."""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from error_codes import translate
from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    CorporateAccount,
    Inbound,
    Money,
    PaymentOrder,
    PaymentQuery,
    PaymentResult,
    PayoutBatchOrder,
    PayoutOrder,
    PersonalAccount,
    Speed,
    Verb,
    open_channel,
)
from payment_channels.channels.cib import CibConfig
from payment_channels.testing import Booked, Caller, ChannelConformance, Collected, Counterpart, KitClock, Trouble
from payment_channels.testing.payouts import Payouts

TABLE = Path(__file__).parents[1] / "vectors" / "cib" / "cib_errors.csv"
LINE = "http://127.0.0.1:8700/cib"
WATCHER = "http://127.0.0.1:9/notice"
KINDS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST: {"kind": "lose_reply"},
    Trouble.CUT: {"kind": "half_body"},
    Trouble.GARBAGE: {"kind": "garbage"},
    Trouble.SERVER_ERROR: {"kind": "server_error", "executed": True},
    Trouble.TWICE: {"kind": "executed_twice"},
}
"""Nothing is signed, so nothing can be forged but by who holds the line."""
DOORS: Mapping[Verb, str] = {
    Verb.PAYOUT: "<XFERTRNRQ>",
    Verb.QUERY_PAYOUT: "<XFERINQTRNRQ>",
    Verb.PAYOUT_BATCH: "<RQBODY>",
    Verb.QUERY_PAYOUT_BATCH: "<ASYNBATCHMRCHAGENTTRNRQ>",
    Verb.REFUND: "<REFUNDAMT>",
    Verb.QUERY_REFUND: "<MRCHREFUNDTRNRQ>",
    Verb.BALANCE: "<CURRACCTQUERYTRNRQ>",
    Verb.BILL: "<SCUSTSTMTRQ>",
}
FASTS: Mapping[Verb, str] = {**DOORS, Verb.PAYOUT: "<ICTRANSFERTRNRQ>", Verb.QUERY_PAYOUT: "<ICTRANSFERINQTRNRQ>"}
AGENTS: Mapping[Verb, str] = {**DOORS, Verb.PAYOUT: "<MAGENTPAYRQ>", Verb.QUERY_PAYOUT: "<MAGENTPAYTRNRQ>"}
CHOICES: Mapping[Verb, str | None] = {
    Verb.PAYOUT: "corporate_account",
    Verb.QUERY_PAYOUT: "corporate_account",
    Verb.REFUND: None,
    Verb.QUERY_REFUND: None,
    Verb.BALANCE: None,
    Verb.BILL: "statement",
}
OPERATIONS = {Verb.PAYOUT: "payout.xfer", Verb.QUERY_PAYOUT: "query_payout.xfer"}
PERSON = PersonalAccount(
    account_no="6222021234567894321", name="张三", bank_name="中国工商银行", cnaps_code="102100099996", city="福州"
)
COMPANY = CorporateAccount(
    account_no="1402010109000012345", name="某某贸易有限公司", bank_name="招商银行", cnaps_code="308584000013", city="深圳"
)
DETAILS: Mapping[str, Mapping[str, Any]] = {
    "personal_account": {"payee": PERSON, "purpose": "报销"},
    "corporate_account": {"payee": COMPANY, "purpose": "货款", "requested_speed": Speed.REAL_TIME},
}
"""A person by the ordinary way, which ends at once; a company by 超级网银, which takes a minute."""
LISTS = ("transfers", "agents", "lines")


class CibCounterpart:
    """The mock's world within the process."""

    doors = DOORS
    notify_url = None  # a payout names no address; who is told of balance changes is agreed with the bank
    troubles = frozenset(KINDS)

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self._posted: list[Inbound] = []
        world._post = self._take
        self._control("accounts", self._facts()["acct_id"], "watch", url=WATCHER)

    def _facts(self) -> dict[str, str]:
        return tomllib.loads((self.keys / "cib" / "channel.toml").read_text(encoding="utf-8"))

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self._posted.append(Inbound(body=body, headers=headers))
        return 200, ""

    def _control(self, things: str, number: str, verb: str, **options: Any) -> None:
        self.world.channels["cib"].control(things, number, verb, options)

    def _held(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Every payout with the list it stands in, its merchant's number, and the number that the control plane knows."""
        books = self.world.books()["cib"]
        for things in LISTS:
            for one in books[things]:
                yield things, one["ORDERNO"] if things == "lines" else one["TRNUID"], one["TRNUID"], one

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def books(self) -> Sequence[Booked]:
        refunds = self.world.books()["cib"]["refunds"]
        return [
            *(Booked("payout", number, Money(one["amount"]), one["state"] == "PAYOUT") for _, number, _, one in self._held()),
            *(
                Booked("refund", one["TRNUID"], Money(one["amount"]), one["state"] == "1", of=one["ORDERNO"])
                for one in refunds
                if one["state"] not in {"2", "CANCEL", "EXPIRED"}
            ),
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        raise NotImplementedError("the direct connection takes no payments")

    def collect(self, order: PaymentOrder) -> None:
        """Let a payer pay an order to the bank's e-commerce interfaces."""
        fen = order.amount.amount
        self._control("orders", order.merchant_order_id, "collect", amount=f"{fen // 100}.{fen % 100:02}")

    def _end(self, order: PayoutOrder, verb: str, state: str) -> None:
        ((things, number, held),) = [
            (things, known, one) for things, merchant, known, one in self._held() if merchant == order.merchant_order_id
        ]
        if held["state"] != state:
            self._control(things, number, verb)

    def complete(self, order: PayoutOrder) -> None:
        self._end(order, "complete", "PAYOUT")

    def fail(self, order: PayoutOrder) -> None:
        self._end(order, "fail", "FAIL")

    def settle_refunds(self) -> None:
        """They are settled at once."""

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({"channel": "cib", **KINDS[trouble], "text": self.doors[verb]})

    def answer(self, row: Collected) -> None:
        told = {"message": row.message} if row.message else {}
        self.world.faults.add({"channel": "cib", "kind": "next_code", "code": row.code, **told, "text": self.doors[row.verb]})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"channel": "cib", "kind": "unknown_state", "state": state, "text": self.doors[verb]})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        return ()

    def today(self) -> date:
        return self.world.clock.now().date()

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(24 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        yield self._facts()["user_pass"]


def collected() -> list[Collected]:
    """Every STATUS code in answer to each operation that the table takes a stand on; 0 is no error.

    The document has no list that says which code answers what. That none was left out is tested with the table.
    """
    with TABLE.open(encoding="utf-8") as file:
        listed = {row["code"]: row for row in csv.DictReader(file) if row["api"] == "CIB STATUS/CODE" and row["code"] != "0"}
    return [
        Collected(verb, choice, code=code, message="模拟的应答", assumed=row["checked"] == "assumed")
        for code, row in listed.items()
        for verb, choice in CHOICES.items()
        if translate("cib", OPERATIONS.get(verb, str(verb)), where="STATUS/CODE", code=code).kind != "unmapped"
    ]


class ByAgent(Payouts):
    """Payouts by 收付直通车, to both kinds of payee."""

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        return {**DETAILS[choice or ""], "requested_speed": None, "channel_fields": {"interface": "MAGENTPAY"}}


class ByFast(Payouts):
    """Payouts by 快速转账, to both kinds of payee: held by their purpose, since the mock would end them at once."""

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        fast = {"requested_speed": None, "purpose": "MOCK:END:PROCESSING", "channel_fields": {"interface": "ICTRANSFER"}}
        return {**DETAILS[choice or ""], **fast}


class Conformance(ChannelConformance):
    """What the direct connection wants besides what every channel does."""

    pays_elsewhere = True
    usual_product = "e-commerce"

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        return DETAILS[choice or ""] if verb is Verb.PAYOUT else {}

    def batch(self, channel: Channel, counterpart: Counterpart) -> PayoutBatchOrder:
        plain = {"requested_speed": None}
        lines = [self.payout(counterpart, party, **plain) for party in self.choices(channel, Verb.PAYOUT_BATCH) * 2]
        return PayoutBatchOrder(merchant_batch_id=self.number(), ordered_at=lines[0].ordered_at, lines=tuple(lines))

    def paid(self, caller: Caller, counterpart: Counterpart, order: PaymentOrder) -> PaymentQuery:
        """Let an order be paid where the bank collects."""
        assert isinstance(counterpart, CibCounterpart)
        counterpart.collect(order)
        return PaymentQuery.of(order)

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[CibCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    channel = open_channel("cib", CibConfig.from_directory(keys / "cib", trusted_line=LINE), clock=clock)
    return CibCounterpart(world, keys), channel
