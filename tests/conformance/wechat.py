"""WeChat Pay as the conformance kit needs it: the mock as counterpart, the collected table as witness, sample orders."""

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

from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    Inbound,
    Money,
    PaymentCode,
    PaymentOrder,
    PaymentResult,
    PayoutOrder,
    Verb,
    Wallet,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from payment_channels.testing import Booked, ChannelConformance, Collected, KitClock, Trouble

TABLE = Path(__file__).parents[1] / "vectors" / "wechat" / "wechat_errors.csv"
PAID = ("SUCCESS", "REFUND", "REVOKED")
KINDS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST: {"kind": "lose_reply"},
    Trouble.CUT: {"kind": "half_body"},
    Trouble.GARBAGE: {"kind": "garbage"},
    Trouble.FORGED: {"kind": "bad_signature"},
    Trouble.UNSIGNED: {"kind": "unsigned"},
    Trouble.SERVER_ERROR: {"kind": "server_error", "executed": True},
    Trouble.TWICE: {"kind": "executed_twice"},
}
DOORS = {
    Verb.QUERY: ("GET", "/transactions/"),
    Verb.CLOSE: ("POST", "/close"),
    Verb.REFUND: ("POST", "/refunds"),
    Verb.QUERY_REFUND: ("GET", "/refunds/"),
    Verb.PAYOUT: ("POST", "/transfer-bills"),
    Verb.QUERY_PAYOUT: ("GET", "/transfer-bills/"),
    Verb.CANCEL_PAYOUT: ("POST", "/cancel"),
    Verb.BILL: ("GET", "/v3/bill/"),
}
SCENE = {
    "transfer_scene_id": "1000",
    "transfer_scene_report_infos": [
        {"info_type": "活动名称", "info_content": "新会员有礼"},
        {"info_type": "奖励说明", "info_content": "注册会员抽奖一等奖"},
    ],
}
PAYERS: Mapping[str, Mapping[str, Any]] = {
    "jsapi": {"payer": Wallet(wallet_id="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")},
    "h5": {"payer_ip": "14.23.150.211"},
    "micropay": {"payer_ip": "14.23.150.211", "notify_url": None},
    "codepay": {"payer_ip": "14.23.150.211", "notify_url": None, "store_id": "S1"},
}
_CODES = itertools.count(134567890123456789)  # each is good for one order
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class WechatCounterpart:
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
        return 200, ""

    def _control(self, things: str, number: str, verb: str) -> None:
        self.world.channels["wechat"].control(things, number, verb, {})

    def _books(self) -> Any:
        return self.world.books()["wechat"]

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def follow(self, clock: KitClock) -> None:
        """Let business time go with the adapter's clock; a reverse, for one, has to wait at both ends."""
        own = self.world.clock.now
        self.world.clock.now = lambda: own() + clock.ahead  # type: ignore[method-assign]

    def books(self) -> Sequence[Booked]:
        books = self._books()
        return [
            *(
                Booked("payment", one["out_trade_no"], Money(one["amount"]["total"]), one["trade_state"] in PAID)
                for one in books["orders"]
            ),
            *(
                Booked("refund", one["out_refund_no"], Money(one["amount"]["refund"]), True, of=one["out_trade_no"])
                for one in books["refunds"]
            ),
            *(
                Booked("payout", one["out_bill_no"], Money(one["transfer_amount"]), one["state"] == "SUCCESS")
                for one in books["transfers"]
            ),
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        (held,) = [one for one in self._books()["orders"] if one["out_trade_no"] == order.merchant_order_id]
        if held["trade_state"] not in PAID:
            self._control("orders", order.merchant_order_id, "pay")

    def complete(self, order: PayoutOrder) -> None:
        self._control("transfers", order.merchant_order_id, "confirm")

    def fail(self, order: PayoutOrder) -> None:
        self._control("transfers", order.merchant_order_id, "fail")

    def settle_refunds(self) -> None:
        self.world.clock.advance(5)
        self.world.tick()

    def _door(self, verb: Verb, choice: str | None) -> dict[str, str]:
        if verb is Verb.PAY:
            return {"method": "POST", "path": f"/{choice}"}
        if verb is Verb.BILL:
            return {"method": "GET", "path": {"trade": "/tradebill", "fund_flow": "/fundflowbill"}[choice or ""]}
        method, path = DOORS[verb]
        return {"method": method, "path": path}

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({**KINDS[trouble], **self._door(verb, choice)})

    def answer(self, row: Collected) -> None:
        asked = {"kind": "next_code", "code": row.code, "http_status": row.status or 400}
        self.world.faults.add({**asked, **({"message": row.message} if row.message else {}), **self._door(row.verb, row.choice)})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"kind": "unknown_state", "state": state, **self._door(verb, None)})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        headers = dict(genuine.headers)
        text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + genuine.body + b"\n"
        signature = base64.b64encode(_STRANGER.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
        yield "a stranger's signature", genuine.model_copy(update={"headers": headers | {"Wechatpay-Signature": signature}})
        yield (
            "a probe's signature",
            genuine.model_copy(
                update={"headers": headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}}
            ),
        )
        for name in ("Wechatpay-Signature", "Wechatpay-Serial", "Wechatpay-Timestamp", "Wechatpay-Nonce"):
            yield f"no {name}", genuine.model_copy(update={"headers": {one: headers[one] for one in headers if one != name}})
        old = str(int(headers["Wechatpay-Timestamp"]) - 301)
        yield "another time", genuine.model_copy(update={"headers": headers | {"Wechatpay-Timestamp": old}})

    def today(self) -> date:
        return self.world.clock.now().date()

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(36 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        folder = self.keys / "wechat"
        for name in ("merchant_key.pem", "platform_key.pem", "wechatpay_key.pem"):
            yield (folder / name).read_text(encoding="utf-8").splitlines()[3]
        for line in (folder / "channel.toml").read_text(encoding="utf-8").splitlines():
            if line.startswith("apiv3_key"):
                yield json.loads(line.partition("=")[2].strip())
        yield "WECHATPAY2-SHA256-RSA2048 "


APIS = {
    "v3 POST /v3/pay/transactions/native": (Verb.PAY, "native"),
    "v3 POST /v3/pay/transactions/app": (Verb.PAY, "app"),
    "v3 POST /v3/pay/transactions/jsapi": (Verb.PAY, "jsapi"),
    "v3 POST /v3/pay/transactions/h5": (Verb.PAY, "h5"),
    "v3 GET /v3/pay/transactions/out-trade-no/{out_trade_no}": (Verb.QUERY, "native"),
    "v3 POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close": (Verb.CLOSE, "native"),
    "v3 POST /v3/refund/domestic/refunds": (Verb.REFUND, "native"),
    "v3 GET /v3/refund/domestic/refunds/{out_refund_no}": (Verb.QUERY_REFUND, "native"),
    "v3 POST /v3/fund-app/mch-transfer/transfer-bills": (Verb.PAYOUT, "wallet"),
    "v3 GET /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}": (Verb.QUERY_PAYOUT, "wallet"),
    "v3 POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}/cancel": (Verb.CANCEL_PAYOUT, "wallet"),
    "v3 GET /v3/bill/tradebill": (Verb.BILL, "trade"),
    "v3 GET /v3/bill/fundflowbill": (Verb.BILL, "fund_flow"),
}
NOT_ITS_OWN = {("v3 POST /v3/fund-app/mch-transfer/transfer-bills", "NOT_FOUND")}  # the row says: on the query and the withdrawal


def collected() -> list[Collected]:
    """The rows of the collected table that belong to the interface's operations and have a status and a code."""
    with TABLE.open(encoding="utf-8") as file:
        return [
            Collected(
                *APIS[row["api"]],
                code=row["code"],
                status=int(row["http_status"]),
                message=row["message_zh"],
                assumed=row["checked"] == "assumed",
            )
            for row in csv.DictReader(file)
            if row["api"] in APIS
            and row["http_status"].isdigit()
            and row["code"].isupper()
            and (row["api"], row["code"]) not in NOT_ITS_OWN
        ]


class Conformance(ChannelConformance):
    """What WeChat Pay wants besides what every channel does."""

    usual_product = "native"
    cancel_after = 20

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        if verb is Verb.PAY:
            code = {"payer": PaymentCode(code=str(next(_CODES)))} if choice in {"micropay", "codepay"} else {}
            return {**PAYERS.get(choice or "", {}), **code}
        if verb is Verb.PAYOUT:
            return {"payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"), "remark": "新会员有礼", "channel_fields": SCENE}
        return {}

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[WechatCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    channel = open_channel("wechat", WechatConfig.from_directory(keys / "wechat"), clock=clock)
    counterpart = WechatCounterpart(world, keys)
    counterpart.follow(clock)
    return counterpart, channel
