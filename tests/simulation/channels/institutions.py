"""The institutions of the simulation: LianLian, which pays out, and Allinpay, which collects by VSP and pays out by TLT."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from mocks.world import World
from payment_channels import PaymentCode, PaymentOrder, RefundOrder
from payment_channels.channels.allinpay import AllinpayConfig
from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import CorporateAccount, PersonalAccount
from tests.conformance import allinpay, lianlian
from tests.simulation.channels.side import BACK, DEAD, FAILED, MOVED, OPEN, Entry, Side


class Lianlian(Side):
    """LianLian: accepted is not paid, some payouts wait for a confirmation, and what came back only a query tells."""

    name = "lianlian"
    configuration = LianlianConfig
    counterpart_class = lianlian.LianlianCounterpart
    key_fields = ("merchant_key",)
    payees = tuple(
        {"payee": payee, "remark": "货款", "purpose": purpose}
        for payee in (
            PersonalAccount(account_no="6216261000000001", name="张三"),
            CorporateAccount(
                account_no="1202022700000002", name="某某科技有限公司", bank_code="01040000", cnaps_code="104100000004"
            ),
        )
        for purpose in (None, "货款", "MOCK:4003")  # the last is held back, as if the name were another's
    )
    fates = ("", "", "fail", "hold", "hold complete", "return", "return")
    fate_at_once = True
    things = "payouts"

    def __init__(self, world: World, keys: Path) -> None:
        super().__init__(world, keys)
        # All is paid to two accounts here: by its page's rule the channel would hold back all but the first two of a day.
        self._does("merchants", self.configured().oid_partner, "trust_repeats")

    def _entries(self, books: Any) -> Iterator[Entry]:
        sent = {"SUCCESS": MOVED, "CANCEL": BACK, "FAILURE": DEAD, "CLOSED": DEAD}
        for one in books["payouts"]:
            yield Entry("payout", one["no_order"], one["fen"], sent.get(one["state"], OPEN))


class Allinpay(Side):
    """Allinpay: what it answers states no amount, so a query confirms each success; a return may read as a failed detail."""

    name = "allinpay"
    configuration = AllinpayConfig
    counterpart_class = allinpay.AllinpayCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {"wechat_native": {}, "scan": {"expires_at": None}}
    key_fields = ("private_key", "merchant_pfx", "pfx_password")
    billed = frozenset({"payment", "refund"})
    refunded: ClassVar[Mapping[str, Any]] = {"notify_url": None}
    payees = tuple(
        {"payee": payee, "remark": remark, "notify_url": None}
        for remark in (None, None, None, "MOCK:2008", "MOCK:DONE:2008", "MOCK:3031", "MOCK:END:3031", "MOCK:HOLD:2007")
        for payee in (allinpay.PERSON, allinpay.COMPANY)
    )
    lined = tuple(one for one in payees if one["remark"] != "MOCK:DONE:2008")  # of a batch it is refused
    fates = ("", "", "fail", "complete", "return", "return")
    things = "payouts"
    _WISHES = (None, None, None, "MOCK:2008", "MOCK:HOLD:2008", "MOCK:END:3045", "MOCK:DONE:2008")
    """What a payment by code and a refund ask the mock for, in turn."""

    def held(self, configuration: Any, channel: Any) -> Any:
        vsp = configuration.vsp.model_copy(update={"private_key": None, "signer": channel._vsp.signer})
        keyless = {"merchant_pfx": None, "pfx_password": None, "signer": channel._tlt.signer}
        return configuration.model_copy(update={"vsp": vsp, "tlt": configuration.tlt.model_copy(update=keyless)})

    def payer(self, product: str, choice: int) -> Mapping[str, Any]:
        if product != "scan":
            return {}
        return {"payer": PaymentCode(code=f"13{choice:016}"), "attach": self._WISHES[choice // 2 % len(self._WISHES)]}

    def refund(self, number: str, fen: int, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> RefundOrder:
        made = super().refund(number, fen, at, paid, found)
        return made.model_copy(update={"reason": self._WISHES[fen % len(self._WISHES)]})

    def _payout(self, number: str, fen: int, at: datetime, fields: Mapping[str, Any]) -> PayoutOrder:
        # A batch's line is known to the mock by its place: our own number of it comes along as CUST_USERID.
        return super()._payout(number, fen, at, {**fields, "channel_fields": {"CUST_USERID": number}})

    def does(self, number: str, verb: str) -> bool:
        held = self._line(number)
        if held is None:
            return False
        options = {"code": "3056"} if verb == "return" and held["AMOUNT"] % 2 else {}  # 3056 alone says that it came back
        return self._does(self.things, held["REQ_SN"], verb, sn=held["SN"], **options)

    def _line(self, number: str) -> Mapping[str, Any] | None:
        books: Any = self.world.channels[self.name].books()
        return next((one for one in books["payouts"] if one["payee"]["CUST_USERID"] == number), None)

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"PAID": MOVED, "UNPAID": OPEN, "CANCELLED": BACK}
        given = {"DONE": MOVED, "OPEN": OPEN}
        sent = {"PAID": MOVED, "OPEN": OPEN, "RETURNED": BACK}
        for one in books["orders"]:
            yield Entry("payment", one["reqsn"], one["trxamt"], paid.get(one["state"], DEAD))
        for kind in ("refund", "cancel"):
            for one in books[f"{kind}s"]:
                yield Entry(kind, one["reqsn"], one["trxamt"], given.get(one["state"], DEAD))
        for one in books["payouts"]:
            reads_as = FAILED if one["state"] == "RETURNED" and one["code"] != "3056" else ""
            stands = sent.get(one["state"], DEAD)
            yield Entry("payout", one["payee"]["CUST_USERID"], one["AMOUNT"], stands, reads_as=reads_as)
