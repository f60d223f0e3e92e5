"""Commands that change the journal: init, add-key, resolve, decide, reseal."""

from dataclasses import dataclass

from payment_channels.cli.accounts import Opened, opened
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit, Stop, stopping
from payment_channels.cli.telling import order_row
from payment_channels.journal import Journal, OrderRecord, Resolver, looking, reseal
from payment_channels.journal.folding import UNRESOLVED
from payment_channels.journal.resolver import Stepped
from payment_channels.journal.sealing import why_unopened
from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError
from payment_channels.model.results import Outcome

TOGETHER = 10
"""Orders that are claimed at once: few, so that a signal is soon heeded."""
IDLE_SECONDS = 1.0
FIRST_KEY = "1"
STEP_COLUMNS = {
    "account": "账户 account",
    "kind": "种类 kind",
    "merchant_id": "单号 number",
    "before": "此前 before",
    "after": "此后 after",
    "did": "做了什么 did",
}
DID = {"queried": "已查询 / queried", "resent": "已原样重发 / resent as it was", "waiting": "这次没有查成 / not asked this time"}


def init(desk: Desk) -> Exit:
    """Make the journal, and a file of keys with a first key; what is there already is left as it is."""
    keys = desk.settings.keys
    made = keys.file is not None and not keys.file.exists()
    if made:
        keys.add(FIRST_KEY, current=True)
    with desk.settings.journal(make=True) as journal:
        orders = looking.totals(journal).orders
    if desk.screen.as_json:
        desk.screen.document({"journal": desk.settings.place, "orders": orders, "key_made": made})
        return Exit.DONE
    if made:
        desk.screen.say(f"已生成密钥 {keys.file}；请立即备份", f"a key was made in {keys.file}: back it up now")
    desk.screen.say(f"日志库 {desk.settings.place} 可用，{orders} 笔订单", f"the journal is ready, with {orders} orders")
    return Exit.DONE


def add_key(desk: Desk) -> Exit:
    """Add a fresh key to the file of keys."""
    ring = desk.settings.keys.add(desk.options.name, current=desk.options.current)
    if desk.screen.as_json:
        desk.screen.document({"keys": sorted(ring.keys), "current": ring.current})
        return Exit.DONE
    names = ", ".join(ring.keys)
    desk.screen.say(f"密钥环：{names}；当前 {ring.current}", f"the ring: {names}; the current one is {ring.current}")
    if ring.current != desk.options.name:
        desk.screen.say(
            "把该文件分发到每一个进程，再改 current，最后 journal reseal",
            "give the file to every process, then change `current`, and then run `journal reseal`",
        )
    return Exit.DONE


def resolve(desk: Desk) -> Exit:
    """Look at the orders that are due: once each, or for ever. An account that cannot be opened does not stop the others."""
    with desk.settings.journal() as journal, opened(desk.settings.accounts) as found, stopping() as stop:
        clients = found.clients
        _tell_who_is_not_asked(desk, journal, found)
        if found.refused and not clients:
            return Exit.REFUSED
        longest = max((client.timeout for client in clients.values()), default=1.0)
        work = _Resolving(desk, journal, Resolver(journal, clients, timeout=longest, sleep=stop.sleep), stop)
        ended = work.for_ever() if desk.options.forever else work.once(looking.due_now(journal, tuple(clients)))
        return Exit.FOUND if found.refused and ended is not Exit.INTERRUPTED else ended


def _tell_who_is_not_asked(desk: Desk, journal: Journal, found: Opened) -> None:
    """Name the accounts that cannot be opened and why, and those of orders that the settings do not know."""
    for name, error in found.refused.items():
        place = f"（{error.field}）" if error.field else ""
        desk.screen.note(
            f"账户 {name} 打不开，它的订单不会被查{place}：{error.zh}",
            f"the account {name} cannot be opened, its orders are not asked after: {error.en}",
        )
    open_ones = {one.account for one in looking.counts(journal) if one.state in UNRESOLVED}
    strange = sorted(open_ones - set(desk.settings.accounts))
    if strange:
        names = ", ".join(strange)
        desk.screen.note(
            f"设置里没有这些账户，它们未知的订单不会被查：{names}", f"no such accounts in the settings, not asked: {names}"
        )


@dataclass(slots=True)
class _Resolving:
    """The resolver at work, with what it did shown."""

    desk: Desk
    journal: Journal
    resolver: Resolver
    stop: Stop

    def once(self, total: int) -> Exit:
        """Look at what is due now, and not at what becomes due meanwhile."""
        done: list[Stepped] = []
        with self.desk.screen.progress("查询未决订单", "asking after orders", total) as step:
            while len(done) < total and not self.stop():
                some = self.resolver.step(min(TOGETHER, total - len(done)))
                if not some:
                    break  # another process has the rest
                done += some
                step(len(some), some[-1].key.merchant_id)
        rows = [_stepped(one) for one in done]
        if self.desk.screen.as_json:
            self.desk.screen.document(rows)
        else:
            self.desk.screen.table("查询过的订单 / orders that were looked at", rows, STEP_COLUMNS)
        if self.stop.asked:
            return Exit.INTERRUPTED
        return Exit.UNRESOLVED if any(one.did == "waiting" for one in done) else Exit.DONE

    def for_ever(self) -> Exit:
        """Look at whatever becomes due, until a signal comes; what changed is told as it happens."""
        with self.desk.screen.progress("查询未决订单，Ctrl-C 停止", "asking after orders, Ctrl-C stops", None) as step:
            while not self.stop():
                try:
                    some = self.resolver.step(TOGETHER)
                except PaymentChannelError as error:
                    self.desk.screen.note(f"日志库不可用，稍后再试：{error.zh}", f"trying again: {error.en}")
                    some = []
                for one in some:
                    step(1, one.key.merchant_id)
                    self._tell(one)
                if not some:
                    self.stop.sleep(IDLE_SECONDS)
        return Exit.DONE

    def _tell(self, one: Stepped) -> None:
        row = _stepped(one)
        if self.desk.screen.as_json:
            self.desk.screen.line(row)
        elif one.before is not one.after:
            key = one.key
            self.desk.screen.say(f"{key.account} {key.kind} {key.merchant_id}: {one.before} → {one.after}", DID[one.did])


def _stepped(one: Stepped) -> dict[str, str]:
    return {
        "account": one.key.account,
        "kind": one.key.kind,
        "merchant_id": one.key.merchant_id,
        "before": one.before.value,
        "after": one.after.value,
        "did": one.did,
    }


def decide(desk: Desk) -> Exit:
    """Write down what two people decided of an order on the manual list, or of one in conflict."""
    options = desk.options
    outcome = Outcome(options.outcome)
    with desk.settings.journal() as journal:
        record = _the_one(desk.orders(journal))
        if not options.yes and not desk.screen.ask(
            f"{record.key.kind} {record.key.merchant_id} {record.amount or ''} 现为 {record.state}，记为 {outcome}？",
            f"it is {record.state}: write down that it is {outcome}?",
        ):
            desk.screen.note(
                "没有得到 yes，什么也没有改；不在终端上时请加 --yes", "nobody said yes, nothing was changed; --yes says it"
            )
            return Exit.REFUSED
        after = journal.decided(record.key, outcome, who=tuple(options.who), why=options.why)
        row = order_row(journal, after)
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.say(f"{after.key.merchant_id} 现为 {after.state}", f"it is {after.state} now")
    if after.state.value == outcome.value:
        return Exit.DONE
    desk.screen.note(
        "结论已记下，但状态没有随之改变：已见到动账的订单不会变回失败，请核对账单",
        "it was written down and did not change the state: money that was seen to move stays seen; look at the bill",
    )
    return Exit.FOUND


def _the_one(found: list[OrderRecord]) -> OrderRecord:
    if len(found) > 1:
        names = "; ".join(f"--account {one.key.account} --kind {one.key.kind}" for one in found)
        raise InvalidRequestError.because(
            f"这个单号有 {len(found)} 笔订单，请指明：{names}",
            f"{len(found)} orders have this number, say which: {names}",
            field="ORDER",
        )
    record = found[0]
    if record.manual is None and not record.standing.conflict:
        raise InvalidRequestError.because(
            f"{record.key.merchant_id} 不在待人工清单，也没有矛盾，由查询和账单决定；查询何时结束见查询计划的 patience",
            f"{record.key.merchant_id} is neither on the manual list nor in conflict: queries and bills decide it; when the "
            "looking ends, the schedules' `patience` says",
            field="ORDER",
        )
    return record


def reseal_all(desk: Desk) -> Exit:
    """Seal everything anew under the current key, so that an old key can be taken out of the ring."""
    done: dict[str, int] = {}
    with (
        desk.settings.journal() as journal,
        stopping() as stop,
        desk.screen.progress("重新封存", "sealing anew", None) as step,
    ):
        try:
            for one in reseal(journal, batch=desk.options.batch):
                step(one.sealed - done.get(one.table, 0), one.table)
                done[one.table] = one.sealed
                if stop():
                    break
        except ValueError as error:
            if isinstance(error, PaymentChannelError):
                raise
            zh, en = why_unopened(error)
            desk.screen.note(
                f"有内容打不开，停在这里：{zh}；请把它的密钥放回密钥环",
                f"a sealed text does not open: {en}; put its key back into the ring",
            )
            return Exit.FOUND
        current = journal.ring.current
    if desk.screen.as_json:
        desk.screen.document({"current": current, "sealed": done, "finished": not stop.asked})
    else:
        desk.screen.say(
            f"以 {current} 重新封存了 {sum(done.values())} 条", f"{sum(done.values())} texts were sealed anew with {current}"
        )
    return Exit.INTERRUPTED if stop.asked else Exit.DONE
