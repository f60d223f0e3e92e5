"""The acts of the demo: what a core does with one channel, from the first order to the bill."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mocks.process import MockServer
from payment_channels.cli.receiver import Receiver
from payment_channels.cli.story import Story
from payment_channels.client import ChannelClient
from payment_channels.model.bills import BillRowKind
from payment_channels.model.money import Money
from payment_channels.model.orders import CloseOrder, OriginalPayment, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import Wallet
from payment_channels.model.payer_actions import ShowQrCode
from payment_channels.model.queries import BillQuery, PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import PaymentResult, RefundResult, Result


@dataclass(frozen=True, slots=True)
class Stage:
    """What the acts are played on."""

    story: Story
    client: ChannelClient
    mock: MockServer
    receiver: Receiver
    run: str  # makes the numbers of this run fresh

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return a native order."""
        return PaymentOrder(
            merchant_order_id=f"demo{self.run}{letter}",
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            product="native",
            subject="茶一壶 / a pot of tea",
            notify_url=self.receiver.url,
        )

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a transfer to a wallet."""
        return PayoutOrder(
            merchant_order_id=f"demo{self.run}{letter}",
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


def paid_and_refunded(stage: Stage) -> None:
    """Act one: an order is created, paid, queried, refunded in part."""
    client, story, mock = stage.client, stage.story, stage.mock
    first = stage.order("A", 1280)

    def create() -> tuple[Result, str]:
        result = client.pay(first)
        action = result.payer_action
        return result, f"二维码 / QR code: {action.content}" if isinstance(action, ShowQrCode) else ""

    story.tell("下单（扫码支付）", "a native order is created", "pending", create)
    mock.control(f"wechat/orders/{first.merchant_order_id}/pay")
    story.console.print("     [dim]付款人扫码付款 / the payer scans and pays 12.80[/]")

    def notified() -> tuple[Result, str]:
        notice = stage.receiver.next()
        (event,) = notice.events
        answered = notice.acknowledgement.status
        detail = f"验签通过，通知号 / verified, notification {event.notification_id}; 应答 / acknowledged {answered}"
        return event.against(PaymentQuery.of(first)), detail

    story.tell("收到支付通知并验签", "the notification arrives and verifies", "succeeded", notified)

    def query() -> tuple[Result, str]:
        result = client.query(PaymentQuery.of(first))
        return result, f"渠道流水号 / channel order id: {result.channel_order_id}"

    paid = story.tell("查单", "a query says that it is paid", "succeeded", query)
    channel_order_id = paid.channel_order_id if isinstance(paid, PaymentResult) else None
    refund = RefundOrder(
        merchant_refund_id=f"demo{stage.run}R",
        ordered_at=datetime.now(UTC),
        amount=Money(280),
        original=OriginalPayment(
            merchant_order_id=first.merchant_order_id, channel_order_id=channel_order_id, amount=first.amount
        ),
        reason="少了一只杯子",
    )

    def give_back() -> tuple[Result, str]:
        result = client.refund(refund)
        return result, f"退款单号 / refund id: {result.merchant_refund_id}"

    story.tell("部分退款 2.80 元", "a partial refund of 2.80", "pending", give_back)

    def refunded() -> tuple[Result, str]:
        result: RefundResult = client.query_refund(RefundQuery.of(refund))
        amount = result.amounts.order
        return result, f"退款金额 / amount: {amount.amount if amount else '?'} fen"

    story.tell("查询退款", "the refund's query", "succeeded", refunded)


def lost_and_found(stage: Stage) -> None:
    """Act two: the reply of an order is lost; a query finds what came of it; then it is closed."""
    client, story, mock = stage.client, stage.story, stage.mock
    second = stage.order("B", 990)
    mock.control("faults", {"kind": "lose_reply", "channel": "wechat", "path": "/native"})

    def lose() -> tuple[Result, str]:
        result = client.pay(second)
        return result, f"{result.zh}\n     {result.en}"

    story.tell("下单，应答丢失", "an order whose reply is lost", "unknown", lose)

    def find() -> tuple[Result, str]:
        result = client.query(PaymentQuery.of(second))
        return result, "订单已在渠道建立 / the order does exist at the channel"

    story.tell("查单：订单在渠道", "a query finds it", "pending", find)

    def close() -> tuple[Result, str]:
        return client.close(CloseOrder(merchant_order_id=second.merchant_order_id)), "可以安全换单 / a new number is safe now"

    story.tell("关单", "it is closed", "succeeded", close)


def refused(stage: Stage) -> None:
    """Act three: an order is refused for a reason, in both vocabularies."""
    client, story, mock = stage.client, stage.story, stage.mock
    mock.control("faults", {"kind": "next_code", "channel": "wechat", "path": "/native", "code": "NO_AUTH", "http_status": 403})

    def refuse() -> tuple[Result, str]:
        result = client.pay(stage.order("C", 100))
        raw = result.raw
        lines = (
            f"渠道码 / raw code: {raw.code} (HTTP {raw.http_status}) {raw.message}",
            f"统一错误码 / canonical: {result.canonical}",
            f"中文: {result.zh}",
            f"English: {result.en}",
            f"下一步 / next action: {result.next_action}",
            f"可换单号 / new id allowed: {'可以 yes' if result.new_id_allowed else '不可以 no'}",
        )
        return result, "\n     ".join(lines)

    story.tell("下单被拒", "an order is refused for a reason", "failed", refuse)


def paid_out(stage: Stage) -> None:
    """Act four: a payout that the payee confirms, and one whose reply is lost and that is found by a query."""
    client, story, mock = stage.client, stage.story, stage.mock
    first, second = stage.payout("P", 888), stage.payout("Q", 666)

    def create() -> tuple[Result, str]:
        result = client.payout(first)
        return result, f"渠道单号 / channel order id: {result.channel_order_id}; 等待收款人确认 / {result.phase}"

    story.tell("代付到零钱 8.88 元", "a payout of 8.88 to a wallet", "pending", create)
    mock.control(f"wechat/transfers/{first.merchant_order_id}/confirm")
    story.console.print("     [dim]收款人在手机上确认 / the payee confirms on his phone[/]")

    def query() -> tuple[Result, str]:
        result = client.query_payout(PayoutQuery.of(first))
        return result, f"{result.zh} / {result.en}"

    story.tell("查询代付", "the payout's query", "succeeded", query)
    mock.control("faults", {"kind": "lose_reply", "channel": "wechat", "path": "/transfer-bills", "method": "POST"})

    def lose() -> tuple[Result, str]:
        result = client.payout(second)
        return result, f"可换单号重付 / pay under a new id: {'可以 yes' if result.new_id_allowed else '绝不可以 never'}"

    story.tell("代付，应答丢失", "a payout whose reply is lost", "unknown", lose)
    mock.control(f"wechat/transfers/{second.merchant_order_id}/confirm")

    def find() -> tuple[Result, str]:
        result = client.query_payout(PayoutQuery.of(second))
        return result, "款已付出：若换单重付就付了两次 / it was paid: a new number would have paid twice"

    story.tell("查单：款已付出", "a query finds that it was paid", "succeeded", find)


def billed(stage: Stage) -> None:
    """Act five: a day later the bill is fetched, checked, and compared with what was done."""
    client, story, mock = stage.client, stage.story, stage.mock
    today = datetime.fromisoformat(mock.control("clock", method="GET")["now"]).date()

    def too_early() -> tuple[Result, str]:
        result = client.bill(BillQuery(day=today, bill_kind="trade"))
        return result, f"账单未生成不等于当日无交易 / not ready is not empty: {result.status}"

    story.tell("当天取账单", "the bill is asked for on the same day", "unknown", too_early)
    mock.control("clock/advance", {"seconds": 36 * 3600})
    story.console.print("     [dim]模拟渠道的时钟走到次日 / the mock's clock moves on to the next day[/]")

    def fetch() -> tuple[Result, str]:
        result = client.bill(BillQuery(day=today, bill_kind="trade", compressed=True))
        ours = [row for row in result.rows if (row.merchant_order_id or "").startswith(f"demo{stage.run}")]
        sums = {
            kind: sum(row.amount.amount for row in ours if row.kind is kind) for kind in (BillRowKind.PAYMENT, BillRowKind.REFUND)
        }
        if sums != {BillRowKind.PAYMENT: 1280, BillRowKind.REFUND: 280}:
            raise RuntimeError(f"the bill does not agree with what was done: {sums}")
        return result, f"{len(ours)} 行，收款 12.80，退款 2.80，与本次所做一致 / {len(ours)} rows that agree with what was done"

    story.tell("次日取账单并核对", "the next day's bill is fetched and agrees", "succeeded", fetch)
