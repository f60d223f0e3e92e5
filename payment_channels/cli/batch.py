"""``payout-batch``: pay a CSV of payees, stopped and started at any point; the journal says of each line where it stands.

Nothing is sent before every line has been validated, compared with the journal and confirmed. A number is never used twice
and never made up: what the journal knows is not sent again, and a line that was changed under its number is refused.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from payment_channels.channel import Verb
from payment_channels.cli.accounts import Account
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit, Stop, stopping
from payment_channels.cli.outcome import Report, earlier
from payment_channels.cli.payees import Given, PayoutLine, payouts_of, refused, repeated
from payment_channels.cli.screen import Screen, money
from payment_channels.cli.sheet import Fault, Sheet, read_sheet
from payment_channels.client import ChannelClient
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError, OrderKey, OrderRecord, Resolver, State
from payment_channels.journal.folding import FINAL
from payment_channels.model.money import Money
from payment_channels.model.refusals import NotSupportedError, PaymentChannelError, RefusedError

log = logging.getLogger("payment_channels.cli")

IN_A_ROW = 3
"""Lines that could not be sent one after the other, after which the batch stops: the next one would fail the same way."""
FAULT_COLUMNS = {"line": "行 line", "column": "列 column", "zh": "问题", "en": "problem"}


def payout_batch(desk: Desk) -> Exit:
    """Validate, compare, confirm, pay, report."""
    screen, options = desk.screen, desk.options
    account = desk.settings.account(options.account)
    path = Path(options.file)
    sheet = read_sheet(path, options.encoding)
    with desk.settings.journal() as journal, account.open() as bare:
        _can_pay_out(bare)
        given = Given(journal.clock(), account.notify_url, account.channel_fields)
        lines = payouts_of(sheet, given)
        batch = Batch(screen, journal, account, bare, path, lines)
        batch.compare(sheet)
        if sheet.faults:
            return _faulty(screen, sheet)
        batch.summary()
        if options.check:
            return batch.checked()
        to_send = batch.to_send()
        total = money(_total(to_send))
        if to_send and not options.yes:
            asked = screen.ask(f"确认付给 {len(to_send)} 人共 {total}？", f"pay {len(to_send)} payees {total} in all?")
            if not asked:
                screen.note(
                    "没有得到 yes，什么也没有发送；不在终端上时请加 --yes", "nobody said yes, nothing was sent; --yes says it"
                )
                return Exit.REFUSED
        with stopping() as stop:
            batch.run(stop)
        return batch.report()


def _can_pay_out(client: ChannelClient) -> None:
    card = client.channel.manifest
    if Verb.PAYOUT not in card.capabilities:
        raise NotSupportedError.because(
            f"渠道{card.title_zh}不能代付，请换一个账户",
            f"{card.title_en} cannot pay out: choose another account",
            field="--account",
        )


def _defect(name: str) -> PaymentChannelError:
    return RefusedError.because(f"内部错误 {name}，没有发送", f"{name} within; it was not sent", canonical="SDK_DEFECT")


def _faulty(screen: Screen, sheet: Sheet) -> Exit:
    faults = sorted(sheet.faults, key=lambda fault: (fault.line or 0, fault.column))
    rows = [{"line": one.line, "column": one.column, "zh": one.zh, "en": one.en} for one in faults]
    if screen.as_json:
        screen.document({"faults": rows})
        return Exit.REFUSED
    told = [{**row, "line": "文件 file" if row["line"] is None else row["line"]} for row in rows]
    screen.table("文件有误，什么也没有发送 / faults in the file, nothing was sent", told, FAULT_COLUMNS)
    return Exit.REFUSED


def _total(lines: list[PayoutLine]) -> Money:
    return Money(sum(line.order.amount.amount for line in lines))


@dataclass(slots=True)
class Batch:
    """One file on its way."""

    screen: Screen
    journal: Journal
    account: Account
    bare: ChannelClient
    path: Path
    lines: list[PayoutLine]
    known: dict[int, OrderRecord] = field(default_factory=dict)
    troubles: dict[int, PaymentChannelError] = field(default_factory=dict)
    stopped: tuple[str, str] | None = None
    interrupted: bool = False
    unavailable: bool = False

    def key(self, line: PayoutLine) -> OrderKey:
        """Return what names a line's order in the journal."""
        return OrderKey(self.account.name, "payout", line.order.merchant_order_id)

    def compare(self, sheet: Sheet) -> None:
        """Compare every line with the journal, have the channel's rules look at the new ones, and note what is wrong."""
        before = earlier(self.path)
        with self.screen.progress("核对每一行", "looking at every line", len(self.lines)) as step:
            for line in self.lines:
                fault = self._compared(line, before)
                if fault is not None:
                    sheet.faults.append(fault)
                step(1, line.order.merchant_order_id)

    def _compared(self, line: PayoutLine, before: frozenset[str]) -> Fault | None:
        number = line.order.merchant_order_id
        record = self.journal.find(self.key(line))
        if record is not None:
            self.known[line.number] = record
            if self.journal.is_known(self.account.name, line.order) is None:
                zh = "该单号已用于内容不同的代付：同一单号的行不能再改；请改回原样，或核实后另用新单号"
                en = "the number was used for a payout with other content: change the line back, or take a new number for it"
                return Fault(line.number, "merchant_order_id", zh, en)
            return None
        if number in before:
            zh = "此前的结果文件说该行已处理，而这个日志和账户里没有它：请确认 --settings、--account 与上次相同"
            en = "an earlier result file has it as dealt with, and this journal has no such order: is it the same --settings and "
            return Fault(line.number, "merchant_order_id", zh, f"{en}--account as then?")
        try:
            self.bare.prepare(line.order)
        except PaymentChannelError as error:
            return refused(line.number, error)
        return None

    def to_send(self) -> list[PayoutLine]:
        """Return the lines that will be sent: new ones, and those that are known never to have left."""
        return [line for line in self.lines if self._unsent(self.known.get(line.number))]

    def _unsent(self, record: OrderRecord | None) -> bool:
        return record is None or (record.state is State.NOT_SENT and not record.standing.unresolved)

    def summary(self) -> None:
        """Say what will be paid, and what is known already."""
        to_send = self.to_send()
        by_state: dict[str, int] = {}
        for record in self.known.values():
            by_state[record.state.value] = by_state.get(record.state.value, 0) + 1
        card, total = self.bare.channel.manifest, money(_total(self.lines))
        self.screen.note(
            f"{self.path.name}：{len(self.lines)} 行，共 {total}，账户 {self.account.name}（{card.title_zh}）",
            f"{len(self.lines)} lines in all, account {self.account.name} ({card.title_en})",
        )
        if by_state:
            told = ", ".join(f"{name} {number}" for name, number in sorted(by_state.items()))
            self.screen.note(f"日志已知：{told}", "known to the journal; what was sent is not sent again")
        self.screen.note(f"将发送 {len(to_send)} 行，共 {money(_total(to_send))}", f"{len(to_send)} lines will be sent")
        for numbers in repeated(to_send):
            where = ", ".join(str(number) for number in numbers)
            self.screen.note(f"注意：第 {where} 行的收款方与金额相同", "the same payee and amount: is it meant twice?")

    def checked(self) -> Exit:
        """Say that the file is good, and send nothing."""
        to_send = self.to_send()
        if self.screen.as_json:
            self.screen.document({"lines": len(self.lines), "to_send": len(to_send), "amount": _total(to_send), "faults": []})
        else:
            self.screen.say("检查通过，没有发送", "no faults; nothing was sent")
        return Exit.DONE

    def run(self, stop: Stop) -> None:
        """Send what was never sent and ask after what is unresolved and due, line by line, until somebody asks to stop."""
        client = DurableClient(self.bare, self.journal, account=self.account.name)
        resolver = Resolver(self.journal, {self.account.name: self.bare}, timeout=self.account.timeout, sleep=stop.sleep)
        work = [line for line in self.lines if (one := self.known.get(line.number)) is None or one.state not in FINAL]
        in_a_row = 0
        try:
            with self.screen.progress("代付", "paying", len(work)) as step:
                for line in work:
                    if stop():
                        self.interrupted = True
                        break
                    said = self._one(line, client, resolver)
                    in_a_row = in_a_row + 1 if line.number in self.troubles else 0
                    if in_a_row >= IN_A_ROW or self.unavailable:
                        error = self.troubles[line.number]
                        self.stopped = (error.zh, error.en)
                        break
                    step(1, f"{line.order.merchant_order_id} {said}")
        except KeyboardInterrupt:  # a second one: the line that was on its way is unknown, and the journal has it so
            self.interrupted = True

    def _one(self, line: PayoutLine, client: DurableClient, resolver: Resolver) -> str:
        """Do what is to be done with one line; an exception means that nothing of it left."""
        try:
            if self._unsent(self.known.get(line.number)):
                return client.payout(line.order).outcome.value
            stepped = resolver.step_one(self.key(line))
        except PaymentChannelError as error:
            self.troubles[line.number] = error
            self.unavailable = isinstance(error, JournalUnavailableError)
        except Exception as error:
            log.exception("line %d could not be sent", line.number)  # and the others are still told where they stand
            self.troubles[line.number] = _defect(type(error).__name__)
        else:
            return stepped.after.value if stepped is not None else self.known[line.number].state.value
        return State.NOT_SENT.value

    def _write(self, report: Report) -> None:
        """Write the result file; where that cannot be done, what was paid is still told on the screen."""
        try:
            report.write()
        except OSError as error:
            self.screen.note(f"结果文件写不下：{error}；再运行一次即可重写", f"no result file: {error}; run it again to write it")

    def report(self) -> Exit:
        """Write the result file, show where each line stands, and return the exit status."""
        report = Report(self.journal, self.account.name, self.path)
        try:
            with self.screen.progress("读取结果", "reading where each line stands", len(self.lines)) as step:
                for line in self.lines:
                    report.add(line, self.key(line), self.troubles.get(line.number))
                    step(1, "")
        except JournalUnavailableError as error:
            self.unavailable = True
            self.stopped = (error.zh, error.en)
        code = report.exit(interrupted=self.interrupted, unavailable=self.unavailable)
        if not self.unavailable:
            self._write(report)
        report.show(self.screen, self.stopped, code)
        return code
