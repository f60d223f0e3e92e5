"""The acts of the demo: what a core does, the same at every channel, from the first order to the bill."""

from payment_channels.cli.cast import Cast
from payment_channels.cli.story import Story
from payment_channels.model.bills import BillRowKind
from payment_channels.model.orders import CloseOrder, PaymentOrder, RefundOrder
from payment_channels.model.payer_actions import HandOver, InvokeClient, Redirect, ShowQrCode, SubmitForm
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import PaymentResult, PayoutResult, RefundResult, Result

PAID, REFUNDED = 1280, 280
FIRST, SECOND = 888, 666
"""Two payouts."""
A_DAY_AND_A_HALF = 36 * 3600
SHOWN = 76
NAMED = {BillRowKind.PAYMENT: "收款 payments", BillRowKind.REFUND: "退款 refunds", BillRowKind.PAYOUT: "代付 payouts"}


def given_to_the_payer(result: PaymentResult) -> str:
    """Say what the payer must do next, in a few words."""
    match result.payer_action:
        case ShowQrCode(content=content):
            return f"二维码 / QR code: {content}"
        case SubmitForm(action=action):
            return f"浏览器表单 / a form for the browser: {action}"
        case InvokeClient(function=function):
            return f"调起客户端 / call the client: {function}"
        case Redirect(url=text) | HandOver(text=text):
            return f"交给付款人 / handed to the payer: {text[:SHOWN]}"
        case _:
            return ""


def paid_and_refunded(story: Story) -> None:
    """Act one: an order is created, paid, told of, queried, refunded in part."""
    created: dict[str, PaymentResult] = {}
    orders: dict[str, PaymentOrder] = {cast.name: cast.order("A", PAID) for cast in story.having("create")}
    queries: dict[str, PaymentQuery] = {}
    refunds: dict[str, RefundOrder] = {}

    def create(cast: Cast) -> tuple[Result, str]:
        prepared = cast.client.prepare(orders[cast.name])  # a core persists this before it sends
        queries[cast.name] = PaymentQuery.of(prepared)
        created[cast.name] = cast.client.pay(prepared)
        return created[cast.name], given_to_the_payer(created[cast.name])

    def notified(cast: Cast) -> tuple[Result, str]:
        notice = cast.scene.receiver.next()
        if not notice.events:
            why = (notice.problem.meaning.zh, notice.problem.meaning.en) if notice.problem else ("没有写明", "it does not say")
            raise RuntimeError(f"{cast.name} 的通知被拒：{why[0]} / the notification of {cast.name} was refused: {why[1]}")
        event, answer = notice.events[0], notice.acknowledgement
        detail = f"验签通过 / verified: {event.notification_id}；应答 / acknowledged: {answer.status} {answer.body.decode()}"
        return event.against(queries[cast.name]), detail

    def query(cast: Cast) -> tuple[Result, str]:
        result = cast.client.query(queries[cast.name])
        known = {"channel_order_id": result.channel_order_id}
        queries[cast.name] = queries[cast.name].model_copy(update=known)
        return result, f"渠道流水号 / channel order id: {result.channel_order_id}"

    def give_back(cast: Cast) -> tuple[Result, str]:
        refunds[cast.name] = cast.refund(orders[cast.name], queries[cast.name], REFUNDED)
        prepared = cast.client.prepare(refunds[cast.name])
        asked[cast.name] = RefundQuery.of(prepared)
        result = cast.client.refund(prepared)
        return result, f"商户退款单号 / refund id: {refunds[cast.name].merchant_refund_id}"

    def refunded(cast: Cast) -> tuple[Result, str]:
        result: RefundResult = cast.client.query_refund(asked[cast.name])
        return result, f"退款金额 / amount: {result.amounts.order.amount if result.amounts.order else '?'} 分 fen"

    asked: dict[str, RefundQuery] = {}
    story.tell("create", "下单 12.80 元", "an order of 12.80 is created", "pending", create)
    story.aside("create", "付款人付款", "the payers pay", lambda cast: cast.payer_pays(orders[cast.name], created[cast.name]))
    story.tell("notified", "收到支付通知并验签", "the notification arrives and verifies", "succeeded", notified)
    story.tell("query", "查单", "a query says that it is paid", "succeeded", query)
    story.tell("refund", "部分退款 2.80 元", "a partial refund of 2.80", "pending", give_back)
    story.tell("query_refund", "查询退款", "the refund's query", "succeeded", refunded)


def lost_and_found(story: Story) -> None:
    """Act two: the reply of an order is lost; a query finds what came of it; then it is closed."""
    orders = {cast.name: cast.order_to_lose("B", 990) for cast in story.having("lost")}
    queries: dict[str, PaymentQuery] = {}

    def lose(cast: Cast) -> tuple[Result, str]:
        cast.lose("pay")
        prepared = cast.client.prepare(orders[cast.name])
        queries[cast.name] = PaymentQuery.of(prepared)
        result = cast.client.pay(prepared)
        return result, f"{result.zh}\n      {result.en}"

    def find(cast: Cast) -> tuple[Result, str]:
        return cast.client.query(queries[cast.name]), "先查后重 / query before you do anything else"

    def close(cast: Cast) -> tuple[Result, str]:
        number = orders[cast.name].merchant_order_id
        return cast.client.close(CloseOrder(merchant_order_id=number)), "可以安全换单 / a new number is safe now"

    story.tell("lost", "下单，应答丢失", "an order whose reply is lost", "unknown", lose)
    story.tell("found", "查单：渠道已受理", "a query says that the channel has it", "pending", find)
    story.tell("close", "关单", "it is closed", "succeeded", close)


def refused(story: Story) -> None:
    """Act three: the same refusal at every channel, in both vocabularies."""

    def refuse(cast: Cast) -> tuple[Result, str]:
        result = cast.poor_payer()
        return result, f"中文: {result.zh}\n      English: {result.en}"

    story.tell("refused", "付款人余额不足", "the payer has too little money", "failed", refuse)
    story.screen.print(story.one_meaning("refused"))


def paid_out(story: Story) -> None:
    """Act four: a payout that arrives, and one whose reply is lost and that is found by a query."""
    first = {cast.name: cast.payout("P", FIRST) for cast in story.having("payout")}
    second = {cast.name: cast.payout("Q", SECOND) for cast in story.having("payout_lost")}
    queries: dict[str, PayoutQuery] = {}

    def create(cast: Cast) -> tuple[Result, str]:
        prepared = cast.client.prepare(first[cast.name])
        queries[cast.name] = PayoutQuery.of(prepared)
        result: PayoutResult = cast.client.payout(prepared)
        return result, f"渠道单号 / channel order id: {result.channel_order_id}; {result.zh} / {result.en}"

    def query(cast: Cast) -> tuple[Result, str]:
        result = cast.client.query_payout(queries[cast.name])
        return result, f"{result.zh} / {result.en}"

    def lose(cast: Cast) -> tuple[Result, str]:
        cast.lose("payout")
        prepared = cast.client.prepare(second[cast.name])
        queries[cast.name] = PayoutQuery.of(prepared)
        result = cast.client.payout(prepared)
        return result, f"可换单号重付 / pay under a new id: {'可以 yes' if result.new_id_allowed else '绝不可以 never'}"

    def find(cast: Cast) -> tuple[Result, str]:
        result = cast.client.query_payout(queries[cast.name])
        return result, "款已付出：若换单重付就付了两次 / it was paid: a new number would have paid twice"

    story.tell("payout", "代付 8.88 元", "a payout of 8.88", "pending", create)
    story.aside("payout", "款项到账", "the payouts arrive", lambda cast: cast.payee_receives(first[cast.name]))
    story.tell("query_payout", "查询代付", "the payout's query", "succeeded", query)
    story.tell("payout_lost", "代付，应答丢失", "a payout whose reply is lost", "unknown", lose)
    story.aside("payout_lost", "款项其实到账了", "it did arrive", lambda cast: cast.payee_receives(second[cast.name]))
    story.tell("payout_found", "查单：款已付出", "a query finds that it was paid", "succeeded", find)


def billed(story: Story) -> None:
    """Act five: a day later the bills are fetched, checked, and compared with what was done."""
    queries = {cast.name: cast.bill() for cast in story.having("bill")}

    def too_early(cast: Cast) -> tuple[Result, str]:
        result = cast.client.bill(queries[cast.name])
        return result, f"账单未生成不等于当日无交易 / not ready is not empty: {result.status}"

    def fetch(cast: Cast) -> tuple[Result, str]:
        result = cast.client.bill(queries[cast.name])
        wanted = cast.done({BillRowKind.PAYMENT: PAID, BillRowKind.REFUND: REFUNDED}, {BillRowKind.PAYOUT: FIRST + SECOND})
        mine = cast.mine(result.rows)
        told = {kind: sum(abs(row.amount.amount) for row in mine if row.kind is kind) for kind in wanted}
        if told != wanted:
            raise RuntimeError(
                f"{cast.name} 的账单与本次所做不一致：{told} / the bill of {cast.name} does not agree with what was done: {told}"
            )
        each = ", ".join(f"{NAMED[kind]} {fen / 100:.2f}" for kind, fen in wanted.items())
        return result, f"{each}；与本次所做一致 / what was done stands in it ({len(result.rows)})"

    story.tell("bill_early", "当天取账单", "the bill is asked for on the same day", "unknown", too_early)
    story.casts[0].scene.mock.control("clock/advance", {"seconds": A_DAY_AND_A_HALF})
    story.screen.print("   [dim]模拟渠道的时钟走到次日 / the mock's clock moves on to the next day[/]")
    story.tell("bill", "次日取账单并核对", "the next day's bill is fetched and agrees", "succeeded", fetch)


ACTS = (paid_and_refunded, lost_and_found, refused, paid_out, billed)
