"""The scenes of the day: rules, money in, payouts by each merchant's own priority, a channel down, residuals, the bill."""

from datetime import datetime, time, timedelta

from payment_channels.business.calendar import BEIJING
from payment_channels.business.desk import Routed
from payment_channels.business.reconciliation import Action, CaseState, Run
from payment_channels.business.routing import AssignmentState
from payment_channels.cli.day.orders import payment, payout
from payment_channels.cli.day.stage import CHECKER, MAKER, NOWHERE, Stage, rules
from payment_channels.cli.day.telling import Told, counts, yuan
from payment_channels.model.money import Money
from payment_channels.model.queries import BillQuery
from payment_channels.model.results import PaymentResult, PayoutResult

MERCHANTS = {"teahouse": "茶馆", "clinic": "诊所", "carrier": "货运"}
PAID_IN = {"teahouse": ("allinpay-tlt", 300_000), "clinic": ("cib-direct", 200_000), "carrier": ("lianlian-main", 500_000)}
FIRST = {merchant: account for merchant, (account, _) in PAID_IN.items()}
AN_HOUR = 3600


def opening(stage: Stage, told: Told) -> None:
    """The rules are put in force, and each merchant pays in."""
    told.scene("九点：规则由一人提出、另一人生效", "nine o'clock: one person proposes the rules, another puts them in force")
    versions = rules(stage)
    told.step("三份策略生效", "three policies are in force", {"routing": 1, "funding": 1, "reconciliation": 1}, versions)
    for merchant, (account, fen) in PAID_IN.items():
        books = stage.funding.paid_in(merchant, account, Money(fen), reference=f"{stage.run}{merchant}", who=MAKER)
        told.step(f"{MERCHANTS[merchant]}入金 {account}", f"{merchant} pays in", yuan(fen), yuan(books.available))


def collecting(stage: Stage, told: Told) -> None:
    """Each merchant's customers pay where that merchant wants it; one payment is left for the bill to find."""
    told.scene("上午：收款", "the morning: payments")
    asked = {"teahouse": ("wechat-shop", 3_800), "clinic": ("alipay-shop", 12_000), "carrier": ("wechat-shop", 66_000)}
    for merchant, (account, fen) in asked.items():
        order = payment(stage, merchant, fen)
        routed = stage.desk.pay(merchant, order)
        stage.at_the_channel(account.partition("-")[0], f"orders/{order.merchant_order_id}/pay")
        found = stage.desk.query(merchant, order.merchant_order_id)
        told.step(
            f"{MERCHANTS[merchant]}收款", f"{merchant} is paid", f"{account} succeeded", f"{_where(routed)} {found.outcome}"
        )
    left = payment(stage, "teahouse", 4_500, "L")
    stage.desk.pay("teahouse", left)
    stage.at_the_channel("wechat", f"orders/{left.merchant_order_id}/pay")
    told.aside("又一笔付了，本地没有查到：留给账单", "one more was paid, and nobody asked: it is left to the bill")


def paying_out(stage: Stage, told: Told) -> None:
    """Three merchants, three priorities."""
    told.scene("代付：同样的付款，各商户走各自的渠道", "payouts: each merchant's go where that merchant wants them")
    for merchant, zh in MERCHANTS.items():
        routed = stage.desk.payout(merchant, payout(stage, merchant, 50_000, "A"))
        told.step(f"{zh}代付 500 元", f"{merchant} pays 500", FIRST[merchant], _where(routed), _said(routed))
    _arrive(stage, "A")
    for merchant, account in FIRST.items():
        books = stage.funding.books(merchant, account)
        told.step(f"{MERCHANTS[merchant]}已付", f"{merchant} has spent", yuan(50_000), yuan(books.spent))


def going_down(stage: Stage, told: Told) -> None:
    """LianLian goes down: what is unknown stays there, what comes after goes elsewhere, and the channel comes back."""
    told.scene("连连故障：结果未知的绝不换渠道", "LianLian goes down: what is unknown never changes channels")
    stage.mock.control("faults", {"kind": "lose_reply", "channel": "lianlian", "path": "paymentapi/payment", "times": 2})
    for letter in "BC":
        routed = stage.desk.payout("carrier", payout(stage, "carrier", 20_000, letter))
        told.step("货运代付，应答丢失", "a reply is lost", "lianlian-main unknown", f"{_where(routed)} {routed.outcome}")
    books = stage.funding.books("carrier", "lianlian-main")
    told.step("两笔的头寸都不释放", "the money of both stays held", yuan(40_000), yuan(books.reserved))
    stage.wait(seconds=2)
    routed = stage.desk.payout("carrier", payout(stage, "carrier", 30_000, "D"))
    told.step(
        "连连已自动停用，下一笔走兴业",
        "LianLian is switched off, the next goes to CIB",
        "cib-direct",
        _where(routed),
        _said(routed),
    )
    if routed.assignment is not None:
        told.why(routed.assignment.decision)
    _arrive(stage, "BCD")
    books = stage.funding.books("carrier", "lianlian-main")
    told.step(
        "查单：两笔都付出了；换渠道就付了两次",
        "both were paid: another channel would have paid twice",
        yuan(90_000),
        yuan(books.spent),
    )
    routed = stage.desk.payout("carrier", payout(stage, "carrier", 10_000, "E"))
    told.step("连连恢复，先试一笔", "LianLian is tried again with one order", "lianlian-main", _where(routed))
    _arrive(stage, "E")


def left_behind(stage: Stage, told: Told) -> None:
    """A payout fails: its money is still at the channel, is the merchant's, and funds the next one."""
    told.scene("失败的代付：钱留在渠道，记在商户名下，抵下一笔", "a payout that fails leaves money, which funds the next one")
    account = FIRST["teahouse"]
    routed = stage.desk.payout("teahouse", payout(stage, "teahouse", 80_000, "F", doomed=True))
    found = stage.desk.query_payout("teahouse", stage.number("teahouseF"))
    books = stage.funding.books("teahouse", account)
    told.step("茶馆代付 800 元，收款账户有误", "a payout to a wrong account", "failed", str(found.outcome), _said(routed))
    told.step("留存", "the residual", yuan(80_000), yuan(books.residual))
    stage.desk.payout("teahouse", payout(stage, "teahouse", 100_000, "G"))
    after = stage.funding.books("teahouse", account)
    told.step("下一笔 1000 元先用留存", "the next 1,000 uses it first", yuan(0), yuan(after.residual))
    told.step("只动用新资金 200 元", "and 200 of other money", yuan(20_000), yuan(books.available - after.available))


def the_bill(stage: Stage, told: Told) -> None:
    """The next morning: the bill, the differences, two people for each."""
    told.scene("次日：对账", "the next day: the bill is reconciled")
    unknown = payment(stage, "teahouse", 700, "X")
    stage.clients["wechat-shop"].client.pay(unknown.model_copy(update={"notify_url": NOWHERE}))
    stage.at_the_channel("wechat", f"orders/{unknown.merchant_order_id}/pay")
    told.aside("有人绕过日志收了一笔 7 元", "somebody took 7 yuan past the journal")
    tomorrow = datetime.combine(stage.day + timedelta(days=1), time(10, 30), BEIJING)
    stage.wait(seconds=(tomorrow - stage.clock()).total_seconds())
    bill = stage.clients["wechat-shop"].client.bill(BillQuery(day=stage.day, bill_kind="trade"))
    run = stage.reconciliation.run("wechat-shop", stage.day, bill)
    told.step("没有查到的那笔由账单确认", "the one that nobody asked after is settled by the bill", 1, run.settled)
    told.step("差异", "the differences", "CHANNEL_ONLY 1", counts(run.classes), f"{run.rows} rows, {run.agreed} agree")
    _two_people(stage, told, run)


def _two_people(stage: Stage, told: Told, run: Run) -> None:
    (case,) = stage.reconciliation.open_cases(account=run.account)
    told.aside(f"差异单 {case.number} {case.difference}", f"suggested: {case.action}")
    book = stage.reconciliation.book
    proposed = book.propose(case.id, Action.CLAIM_BACK_OR_REFUND, who=MAKER, why="退还付款人 / give it back")
    closed = book.close(case.id, proposal=proposed.proposal, who=CHECKER)
    told.step("一人提出、另一人复核", "one proposes, another checks", CaseState.CLOSED, closed.state)


def _arrive(stage: Stage, letters: str) -> None:
    """Let the payees' banks take in what is on its way, and ask after it."""
    stage.wait(seconds=AN_HOUR)
    for letter in letters:
        for merchant in MERCHANTS:
            held = stage.desk.assignments.latest((merchant, "payout", stage.number(f"{merchant}{letter}")))
            if held is not None and held.state is AssignmentState.OPEN:
                stage.desk.query_payout(merchant, held.order_id)


def _where(routed: Routed[PaymentResult] | Routed[PayoutResult]) -> str:
    return routed.assignment.account if routed.assignment is not None else "?"


def _said(routed: Routed[PayoutResult]) -> str:
    return f"{routed.outcome} {routed.result.canonical}: {routed.result.zh} / {routed.result.en}"
