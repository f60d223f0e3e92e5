"""WeChat Pay on the demo's stage: a QR code, a transfer that the payee confirms, a payment code at a till."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from payment_channels.channels.wechat import WechatConfig
from payment_channels.cli.cast import Cast
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.parties import PaymentCode, Wallet
from payment_channels.model.results import PaymentResult, Result


class WechatCast(Cast):
    """Orders by native QR code; a payer who has too little money is told so at the till (micropay)."""

    name = "wechat"
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "pay": {"path": "/native"},
        "payout": {"path": "/transfer-bills", "method": "POST"},
    }
    bill_kind = "trade"

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> WechatConfig:
        """Read ``keys/wechat``."""
        return WechatConfig.from_directory(keys / "wechat", base_url=base_url)

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return a native order."""
        return PaymentOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            product="native",
            subject="茶一壶 / a pot of tea",
            notify_url=self.scene.receiver.url,
        )

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a transfer to a wallet."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
            remark="新会员有礼",
            channel_fields={
                "transfer_scene_id": "1000",
                "transfer_scene_report_infos": [
                    {"info_type": "活动名称", "info_content": "新会员有礼"},
                    {"info_type": "奖励说明", "info_content": "注册会员抽奖一等奖"},
                ],
            },
        )

    def payer_pays(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Scan the code and pay."""
        del created
        self.control(f"orders/{order.merchant_order_id}/pay")

    def payee_receives(self, order: PayoutOrder) -> None:
        """Confirm on the phone."""
        self.control(f"transfers/{order.merchant_order_id}/confirm")

    def poor_payer(self) -> Result:
        """Take a payment code; the magic value in the order makes the mock answer NOTENOUGH."""
        return self.client.pay(
            self.order("C", 100).model_copy(
                update={
                    "product": "micropay",
                    "subject": "MOCK:NOTENOUGH",
                    "payer": PaymentCode(code="134567890123456789"),
                    "payer_ip": "14.23.150.211",
                    "notify_url": None,
                }
            )
        )
