"""Each condition by itself: what of an order, of the clock or of a channel speaks against an account, said in both languages."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from payment_channels.business.amounts import spoken
from payment_channels.business.calendar import BEIJING, BusinessCalendar
from payment_channels.business.routing.decision import Question, Reason
from payment_channels.business.routing.policy import Account
from payment_channels.business.routing.terms import Days, Hours, Terms
from payment_channels.channel import Manifest, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import Speed
from payment_channels.model.refusals import ConfigurationError

_SIDES = {"payout": ("收款方", "payee"), "payment": ("付款方", "payer")}


def against(terms: Terms, question: Question, moment: datetime, calendar: BusinessCalendar) -> Iterator[Reason]:
    """Give what of these conditions the order does not meet."""
    yield from _amount(terms, question)
    yield from _party(terms, question)
    yield from _how(terms, question)
    yield from _labels(terms, question)
    yield from _clock(terms, question, moment, calendar)


def _amount(terms: Terms, question: Question) -> Iterator[Reason]:
    amount = question.amount
    if amount.currency not in terms.currencies:
        offered = sorted(terms.currencies)
        yield Reason(
            code="CURRENCY",
            zh=f"币种 {amount.currency} 不收，只收 {'、'.join(offered)}",
            en=f"the currency is {amount.currency}, and only {', '.join(offered)} is taken",
        )
    for code, bound, short, zh, en in (
        ("BELOW_BAND", terms.at_least, terms.at_least is not None and amount.amount < terms.at_least, "低于下限", "below"),
        ("ABOVE_BAND", terms.at_most, terms.at_most is not None and amount.amount > terms.at_most, "高于上限", "above"),
    ):
        if short and bound is not None:
            limit = Money(bound, amount.currency)
            yield Reason(
                code=code, zh=f"金额 {_money(amount)} {zh} {_money(limit)}", en=f"{_money(amount)} is {en} {_money(limit)}"
            )


def _party(terms: Terms, question: Question) -> Iterator[Reason]:
    zh, en = _SIDES[question.kind]
    yield from _one_of("PARTY", f"{zh}类型", f"kind of {en}", question.party, terms.parties)
    if question.party in {None, "personal_account"}:
        yield from _one_of("CARD", "账户种类", "kind of account", question.card, terms.cards)
    if question.party in {None, "wallet"}:
        yield from _one_of("WALLET", "钱包标识种类", "kind of wallet id", question.wallet, terms.wallets)
    if terms.banks is not None and not any(_is_bank(bank, question) for bank in terms.banks):
        named = _bank(question)
        offered = sorted(terms.banks)
        yield Reason(
            code="BANK",
            zh=f"银行 {named or '未知'} 不在其列：{'、'.join(offered)}",
            en=f"the bank {named or 'is not known and'} is none of {', '.join(offered)}",
        )
    excepted = sorted(bank for bank in terms.except_banks if _is_bank(bank, question))
    if excepted:
        yield Reason(code="BANK_EXCEPTED", zh=f"银行 {excepted[0]} 除外", en=f"the bank {excepted[0]} is excepted")


def _how(terms: Terms, question: Question) -> Iterator[Reason]:
    yield from _one_of("PRODUCT", "产品", "product", question.product, terms.products)
    if question.speed is not None:
        yield from _one_of("SPEED", "到账速度", "speed", question.speed, terms.speeds)


def _labels(terms: Terms, question: Question) -> Iterator[Reason]:
    for name, offered in terms.labels.items():
        yield from _one_of("LABEL", f"标签 {name}", f"label {name}", question.labels.get(name), offered)


def _one_of(code: str, zh: str, en: str, value: str | None, offered: Any) -> Iterator[Reason]:
    if offered is None or value in offered:
        return
    names = sorted(str(one) for one in offered)
    given_zh, given_en = (f"为 {value}", f"is {value}") if value is not None else ("订单未说明", "is not said")
    yield Reason(code=code, zh=f"{zh}{given_zh}，只收 {'、'.join(names)}", en=f"the {en} {given_en}; taken: {', '.join(names)}")


def _clock(terms: Terms, question: Question, moment: datetime, calendar: BusinessCalendar) -> Iterator[Reason]:
    there = moment.astimezone(BEIJING)
    if terms.hours:
        yield from _within_hours(terms, there, calendar)
    if question.arrives_on is not None and question.arrives_on < there.date():
        yield Reason(code="DATE_PAST", zh=f"到账日 {question.arrives_on} 已过", en=f"the day {question.arrives_on} is past")
    today = question.speed in {Speed.REAL_TIME, Speed.SAME_DAY} or question.arrives_on == there.date()
    if terms.cut_off is not None and today and there.time() >= terms.cut_off:
        yield Reason(
            code="AFTER_CUT_OFF",
            zh=f"已过截止时间 {_clock_text(terms.cut_off)}，当日不能到账",
            en=f"its cut-off {_clock_text(terms.cut_off)} is past, and the money must arrive today",
        )


def _within_hours(terms: Terms, there: datetime, calendar: BusinessCalendar) -> Iterator[Reason]:
    try:
        is_open = any(_open(window, there, calendar) for window in terms.hours)
    except ConfigurationError:  # of an account whose days nobody listed, nobody can say that it is open
        year = there.year + (there.year in calendar.years)  # the eve of a workday asks for the next day's
        yield Reason(
            code="CALENDAR_UNKNOWN",
            zh=f"业务日历没有 {year} 年，不知是否工作日；请在 [calendar] 补录该年的节假日与调休",
            en=f"the business calendar has no {year}, so workdays are not known: add its days to [calendar]",
        )
        return
    if not is_open:
        shown = [_hours(window) for window in terms.hours]
        yield Reason(
            code="OUTSIDE_HOURS",
            zh=f"{there:%m-%d %H:%M} 不在受理时间：{'、'.join(zh for zh, _ in shown)}",
            en=f"{there:%m-%d %H:%M} is outside its hours: {', '.join(en for _, en in shown)}",
        )


def _open(window: Hours, there: datetime, calendar: BusinessCalendar) -> bool:
    if there.time() < window.opens or (window.closes is not None and there.time() >= window.closes):
        return False
    day = there.date()
    match window.days:
        case Days.EVERY_DAY:
            return True
        case Days.WORKDAYS:
            return calendar.is_workday(day)
        case Days.REST_DAYS:
            return not calendar.is_workday(day)
        case Days.EVES_OF_WORKDAYS:
            return calendar.is_workday(day + timedelta(days=1))


_DAYS = {
    Days.EVERY_DAY: ("每日", "every day"),
    Days.WORKDAYS: ("工作日", "workdays"),
    Days.REST_DAYS: ("休息日", "rest days"),
    Days.EVES_OF_WORKDAYS: ("工作日前一日", "eves of workdays"),
}


def _hours(window: Hours) -> tuple[str, str]:
    span = f"{_clock_text(window.opens)}–{_clock_text(window.closes) if window.closes is not None else '24:00'}"
    zh, en = _DAYS[window.days]
    return f"{zh} {span}", f"{en} {span}"


def of_the_account(account: Account, question: Question, moment: datetime) -> Iterator[Reason]:
    """Give what of an account's maintenance speaks against it."""
    for window in account.maintenance:
        if question.kind in window.kinds and window.begins <= moment < window.ends:
            until = window.ends.astimezone(BEIJING)
            yield Reason(
                code="MAINTENANCE",
                zh=f"维护至 {until:%m-%d %H:%M}：{window.why}",
                en=f"under maintenance until {until:%m-%d %H:%M}: {window.why}",
            )


def of_the_channel(manifest: Manifest, question: Question) -> Iterator[Reason]:
    """Give what the account's channel declares that it cannot do."""
    verb = Verb.PAY if question.kind == "payment" else Verb.PAYOUT
    capability = manifest.capabilities.get(verb)
    if capability is None:
        yield _cannot(manifest, "这项操作", "do this at all")
        return
    offered: tuple[tuple[str | None, frozenset[str], Callable[[str], tuple[str, str]]], ...] = (
        (question.party, capability.parties, lambda name: (f"对象 {name}", f"serve the party {name}")),
        (question.product, capability.products, lambda name: (f"产品 {name}", f"do the product {name}")),
        (question.amount.currency, manifest.currencies, lambda name: (f"币种 {name}", f"move {name}")),
    )
    for value, known, words in offered:
        if value is not None and known and value not in known:
            yield _cannot(manifest, *words(value))


def _cannot(manifest: Manifest, zh: str, en: str) -> Reason:
    return Reason(code="CHANNEL_CANNOT", zh=f"{manifest.title_zh}不支持{zh}", en=f"{manifest.title_en} cannot {en}")


def _is_bank(bank: str, question: Question) -> bool:
    if bank in {question.bank_code, question.bank_name}:
        return True
    return bank.isdigit() and question.cnaps_code is not None and question.cnaps_code.startswith(bank)


def _bank(question: Question) -> str:
    return question.bank_name or question.bank_code or question.cnaps_code or ""


def _money(value: Money) -> str:
    return spoken(value.amount, value.currency)


def _clock_text(moment: time) -> str:
    return f"{moment:%H:%M}"
