"""The demonstration: the main job over real HTTP with real signatures, against the mock server on this machine.

Each step shows what was asked and what came of it, and is compared with what is expected; the exit status is 1 if any
outcome is another one.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from payment_channels.channels.wechat import WechatConfig
from payment_channels.cli.mock_process import MockServer, running
from payment_channels.client import ChannelClient
from payment_channels.model.money import Money
from payment_channels.model.orders import CloseOrder, OriginalPayment, PaymentOrder, RefundOrder
from payment_channels.model.payer_actions import ShowQrCode
from payment_channels.model.queries import PaymentQuery, RefundQuery
from payment_channels.model.results import PaymentResult, RefundResult, Result
from payment_channels.registry import open_channel

try:
    from rich.console import Console
    from rich.table import Table
except ImportError:  # the extra is not installed
    sys.exit("演示需要额外依赖 / the demo needs extras: pip install 'payment-channels[cli,mocks]'")

NOTIFY = "https://example.com/notify"


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step: what was done, what was expected, what came of it."""

    zh: str
    en: str
    expected: str
    result: Result
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether the outcome is the expected one."""
        return str(self.result.outcome) == self.expected


class Story:
    """The steps, shown as they happen."""

    def __init__(self, console: Console) -> None:
        """Start without steps."""
        self.console = console
        self.steps: list[Step] = []

    def tell(self, zh: str, en: str, expected: str, act: Callable[[], tuple[Result, str]]) -> Result:
        """Do one step and show it."""
        started = time.perf_counter()
        result, detail = act()
        step = Step(zh, en, expected, result, detail)
        self.steps.append(step)
        mark = "[green]✓[/]" if step.good else "[red]✗[/]"
        seconds = time.perf_counter() - started
        told = f"[cyan]{result.outcome}[/] {result.canonical}  [dim]{seconds * 1000:.0f} ms[/]"
        self.console.print(f"{mark} [bold]{len(self.steps)}. {zh}[/] / {en}  {told}")
        if detail:
            self.console.print(f"     [dim]{detail}[/]", highlight=False)
        return result

    def table(self) -> Table:
        """Return all steps as a table."""
        table = Table(title="结果 / Results")
        for column in ("", "步骤 / step", "渠道码 / raw", "统一错误码 / canonical", "结果 / outcome", "下一步 / next action"):
            table.add_column(column, overflow="fold")
        for step in self.steps:
            result = step.result
            raw = f"{result.raw.where} {result.raw.code}".strip() or "—"
            outcome = f"[{'green' if step.good else 'red'}]{result.outcome}[/]"
            table.add_row(
                "✓" if step.good else "✗",
                f"{step.zh}\n[dim]{step.en}[/]",
                raw,
                result.canonical,
                outcome,
                str(result.next_action),
            )
        return table


def order(number: str, fen: int) -> PaymentOrder:
    """Return a native order; the number is fresh in every run."""
    return PaymentOrder(
        merchant_order_id=number,
        ordered_at=datetime.now(UTC),
        amount=Money(fen),
        product="native",
        subject="茶一壶 / a pot of tea",
        notify_url=NOTIFY,
    )


def paid_and_refunded(story: Story, client: ChannelClient, mock: MockServer, run: str) -> None:
    """Act one: an order is created, paid, queried, refunded in part."""
    first = order(f"demo{run}A", 1280)

    def create() -> tuple[Result, str]:
        result = client.pay(first)
        action = result.payer_action
        return result, f"二维码 / QR code: {action.content}" if isinstance(action, ShowQrCode) else ""

    story.tell("下单（扫码支付）", "a native order is created", "pending", create)
    mock.control(f"wechat/orders/{first.merchant_order_id}/pay")
    story.console.print("     [dim]付款人扫码付款 / the payer scans and pays 12.80[/]")

    def query() -> tuple[Result, str]:
        result = client.query(PaymentQuery.of(first))
        return result, f"渠道流水号 / channel order id: {result.channel_order_id}"

    paid = story.tell("查单", "a query says that it is paid", "succeeded", query)
    channel_order_id = paid.channel_order_id if isinstance(paid, PaymentResult) else None
    refund = RefundOrder(
        merchant_refund_id=f"demo{run}R",
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


def lost_and_found(story: Story, client: ChannelClient, mock: MockServer, run: str) -> None:
    """Act two: the reply of an order is lost; a query finds what came of it; then it is closed."""
    second = order(f"demo{run}B", 990)
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


def refused(story: Story, client: ChannelClient, mock: MockServer, run: str) -> None:
    """Act three: an order is refused for a reason, in both vocabularies."""
    mock.control("faults", {"kind": "next_code", "channel": "wechat", "path": "/native", "code": "NO_AUTH", "http_status": 403})

    def refuse() -> tuple[Result, str]:
        result = client.pay(order(f"demo{run}C", 100))
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


def main() -> int:
    """Run the demonstration; return the exit status."""
    console = Console(width=max(Console().width, 120))
    story = Story(console)
    started = time.perf_counter()
    console.print("[bold]支付渠道 SDK 演示 / payment channel SDK, a demonstration[/]")
    console.print("[dim]启动模拟渠道（首次会生成密钥）… / starting the mock channels (keys are made) …[/]")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as mock:
        console.print(f"[dim]模拟渠道 / mock: {mock.origin}[/]")
        config = WechatConfig.from_directory(mock.keys / "wechat", base_url=mock.origin)
        run = datetime.now(UTC).strftime("%y%m%d%H%M%S")
        with ChannelClient(open_channel("wechat", config), timeout=10) as client:
            for act in (paid_and_refunded, lost_and_found, refused):
                act(story, client, mock, run)
    console.print(story.table())
    bad = [step for step in story.steps if not step.good]
    seconds = time.perf_counter() - started
    if bad:
        for step in bad:
            console.print(f"[red]{step.zh} / {step.en}: expected {step.expected}, got {step.result.outcome}[/]")
        return 1
    console.print(f"[green]全部符合预期 / all {len(story.steps)} steps as expected[/] [dim]({seconds:.1f} s)[/]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
