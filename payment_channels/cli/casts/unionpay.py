"""UnionPay on the demo's stage: a form in the payer's browser, an order in the app, a payout to a card."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode
from urllib.request import urlopen

from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.cli.cast import Cast
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.parties import PersonalAccount
from payment_channels.model.payer_actions import SubmitForm
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.results import PaymentResult, Result


class UnionpayCast(Cast):
    """Orders by the web gateway: the signed form is handed to the payer, nothing is sent, and it can still be paid."""

    name = "unionpay"
    absent: ClassVar[frozenset[str]] = frozenset({"close"})
    expected: ClassVar[Mapping[str, str]] = {"found": "unknown"}  # 05: it was accepted, and its end is not known yet
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "pay": {"path": "appTransReq"},
        "payout": {"text": "txnType=12"},
    }
    bill_kind = "trade"

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> UnionpayConfig:
        """Read ``keys/unionpay``."""
        return UnionpayConfig.from_directory(keys / "unionpay", base_url=base_url)

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order by the web gateway."""
        return PaymentOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            product="gateway",
            subject="茶一壶 / a pot of tea",
            return_url="http://127.0.0.1/back",
            notify_url=self.scene.receiver.url,
        )

    def order_to_lose(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order for the app: it exists at UnionPay once it was sent."""
        return self.order(letter, fen).model_copy(update={"product": "app"})

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a payout to a card; its number is sealed with UnionPay's encryption certificate."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=PersonalAccount(account_no="6226090000000048", name="张三"),
            notify_url=self.scene.receiver.url,
        )

    def payer_pays(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Submit the form as a browser does, and pay on the page."""
        self._browse(created)
        self.control(f"orders/{order.merchant_order_id}/pay")

    def payee_receives(self, order: PayoutOrder) -> None:
        """Let the card's bank take it in."""
        self.control(f"payouts/{order.merchant_order_id}/complete")

    def poor_payer(self) -> Result:
        """Let the card's bank refuse with 64. Failures are not notified, and the payer may try again until his time is over."""
        ends = datetime.now(UTC) + timedelta(seconds=2)
        prepared = self.client.prepare(self.order("C", 100).model_copy(update={"expires_at": ends}))
        self._browse(self.client.pay(prepared))
        self.control(f"orders/{self.number('C')}/fail", {"code": "64"})
        time.sleep(max((ends - datetime.now(UTC)).total_seconds(), 0) + 0.1)
        return self.client.query(PaymentQuery.of(prepared))

    def _browse(self, created: PaymentResult) -> None:
        form = created.payer_action
        if isinstance(form, SubmitForm):
            with urlopen(form.action, urlencode(dict(form.fields)).encode(), timeout=10) as page:  # noqa: S310  the mock's address
                page.read()
