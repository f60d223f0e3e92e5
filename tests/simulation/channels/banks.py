"""The bank of the simulation: CIB's direct connection, which pays out by three ways and whose statement tells what came back."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mocks.clock import BEIJING
from mocks.world import World
from payment_channels import BillRow, BillRowKind, CorporateAccount, PaymentOrder, PersonalAccount, RefundOrder, Speed
from payment_channels.channels.cib import CibConfig
from payment_channels.model.orders import PayoutOrder
from tests.conformance import cib
from tests.simulation.channels.side import BACK, DEAD, MOVED, OPEN, SUCCEEDED, Entry, Side

_OWN: Any = {"bank_name": "兴业银行", "cnaps_code": "309391000011", "city": "福州"}
_INSIDER = PersonalAccount(account_no="622908123456789012", name="李四", **_OWN)
_INSIDERS = CorporateAccount(account_no="117010100100000009", name="某某实业有限公司", **_OWN)
_AGENT, _FAST = ({"channel_fields": {"interface": interface}} for interface in ("MAGENTPAY", "ICTRANSFER"))
LATER = "later"


class Cib(Side):
    """CIB: a transfer ends at once, in a minute (超级网银), or on a later day; nothing is signed, and a return has no state.

    What it refunds was paid elsewhere.
    """

    name = "cib"
    configuration = CibConfig
    counterpart_class = cib.CibCounterpart
    reconciled = frozenset({"statement", "statement_file"})
    settles = False  # a row has no number of ours
    billed = frozenset({"payout", "return"})
    payees = (
        {"payee": cib.PERSON},
        {"payee": cib.COMPANY, "requested_speed": Speed.REAL_TIME},
        {"payee": cib.PERSON, **_AGENT},
        {"payee": cib.COMPANY, **_AGENT},
        {"payee": _INSIDER},
        {"payee": cib.COMPANY, **_FAST},
        {"payee": _INSIDERS, **_AGENT},
        {"payee": cib.COMPANY, LATER: True},
    )
    lined = tuple({"payee": payee} for payee in (cib.PERSON, cib.COMPANY, _INSIDER, _INSIDERS))
    fates = ("", "", "fail", "doubt", "doubt complete", "doubt fail", "hold", "hold complete", "return", "return")
    fate_at_once = True

    def __init__(self, world: World, keys: Path) -> None:
        super().__init__(world, keys)
        self._does("accounts", self.configured().acct_id, "watch", url=f"http://127.0.0.1:9/{self.name}")

    def configured(self) -> Any:
        return CibConfig.from_directory(self.keys / self.name, trusted_line=cib.LINE)

    def _payout(self, number: str, fen: int, at: datetime, fields: Mapping[str, Any]) -> PayoutOrder:
        # A row of the statement shows the purpose: with the number in it, rows can be told apart here.
        made = {name: value for name, value in fields.items() if name != LATER} | {"purpose": number, "notify_url": None}
        if LATER in fields:
            made["requested_date"] = at.astimezone(BEIJING).date() + timedelta(days=1)
        return super()._payout(number, fen, at, made)

    def collected(self, number: str, fen: int, at: datetime) -> PaymentOrder:
        self._does("orders", number, "collect", amount=f"{fen // 100}.{fen % 100:02}")
        made = {"merchant_order_id": number, "product": "e-commerce", "subject": "茶一壶"}
        return PaymentOrder(**{**self._common(at, fen), **made})

    def refund(self, number: str, fen: int, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> RefundOrder:
        wish = (None, None, None, "MOCK:END:0", "MOCK:END:2", "MOCK:END:3")[fen % 6]
        return super().refund(number, fen, at, paid, found).model_copy(update={"reason": wish, "notify_url": None})

    def does(self, number: str, verb: str) -> bool:
        return any(self._does(things, number, verb) for things in cib.LISTS)

    def numbered(self, row: BillRow) -> tuple[str, str] | None:
        memo = row.raw.get("MEMO") or f"{row.raw['备注']}|{row.raw['用途']}"  # elements, and records of a fixed length
        summary, _, purpose = memo.partition("|")
        if row.kind is BillRowKind.PAYOUT and summary == "汇款":  # a refund's row names the order, and so no refund
            return "payout", purpose
        return ("return", purpose) if row.incoming and summary == "退汇" else None

    def _entries(self, books: Any) -> Iterator[Entry]:
        for one in books["refunds"]:
            stands = {"1": MOVED, "2": DEAD}.get(one["state"], OPEN)
            yield Entry("refund", one["TRNUID"], one["amount"], stands)
        dead = {"FAIL", "EXPIRED", "CANCEL", "SEND_BACK"}
        for things in cib.LISTS:
            for one in books[things]:
                came_back = one["returned"] is not None
                stands = BACK if came_back else MOVED if one["state"] == "PAYOUT" else DEAD if one["state"] in dead else OPEN
                number = one["ORDERNO"] if things == "lines" else one["TRNUID"]
                yield Entry("payout", number, one["amount"], stands, reads_as=SUCCEEDED if came_back else "")
