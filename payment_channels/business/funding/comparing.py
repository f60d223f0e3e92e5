"""The channel's own balance of an account against ours. What is in flight may have left or not: so ours is a range."""

from dataclasses import dataclass
from datetime import datetime

from payment_channels.journal import Journal
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError
from payment_channels.model.results import Balance, BalanceResult, Outcome

_COLUMNS = "account, currency, at, total, available, least, most"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A channel's balance, and between what it should be by our books; minor units.

    ``least``: all that is reserved has been paid. ``most``: nothing of it has; and what credit has used does not stand in the
    channel's balance as below zero.
    """

    account: str
    currency: str
    at: datetime
    total: int
    available: int
    least: int
    most: int

    @property
    def difference(self) -> int:
        """What the channel has more than ours can explain; below zero what it lacks; zero where they agree."""
        return min(0, self.total - self.least) + max(0, self.total - self.most)


def compare(journal: Journal, account: str, balance: Balance) -> Comparison:
    """Compare a balance as the channel's ``balance`` verb gave it, and write the comparison down.

    Its total is what counts; where the channel gives none, what is available and what is frozen together.
    """
    money = balance.total or balance.available + (balance.frozen or Money(0, balance.available.currency))

    def work(cursor: Cursor) -> Comparison:
        now = journal.now()
        least, most = _range(cursor, account, money.currency)
        cursor.run(
            f"INSERT INTO fund_comparisons ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our own words
            (account, money.currency, now, money.amount, balance.available.amount, least, most),
        )
        return Comparison(account, money.currency, journal.clock(), money.amount, balance.available.amount, least, most)

    return journal.store.write(work)


def one_of(result: BalanceResult, currency: str = "CNY", number: str | None = None) -> Balance:
    """Return the balance that is meant: the only one of a currency, or the one whose account ends in ``number``.

    Raises:
        InvalidRequestError: the channel did not tell, or it told of none or of several such accounts.
    """
    if result.outcome is not Outcome.SUCCEEDED:
        raise InvalidRequestError.because(
            f"渠道没有给出余额（{result.canonical}）", f"the channel did not tell a balance ({result.canonical})", field="balance"
        )
    found = [
        one
        for one in result.balances
        if one.available.currency == currency and (number is None or (one.account or "").endswith(number))
    ]
    if len(found) != 1:
        raise InvalidRequestError.because(
            f"渠道给出 {len(found)} 个符合的 {currency} 余额；请以账号末几位指明其一",
            f"the channel tells of {len(found)} such balances in {currency}: name one by its account's last digits",
            field="balance",
        )
    return found[0]


def last_comparison(cursor: Cursor, account: str, currency: str) -> Comparison | None:
    """Return the latest comparison of an account."""
    rows = cursor.rows(
        f"SELECT {_COLUMNS} FROM fund_comparisons WHERE account = ? AND currency = ? ORDER BY id DESC LIMIT 1",  # noqa: S608
        (account, currency),
    )
    if not rows:
        return None
    found = moment(int(rows[0][2]))
    assert found is not None  # noqa: S101  the column is never null
    return Comparison(str(rows[0][0]), str(rows[0][1]), found, *(int(value) for value in rows[0][3:]))


def _range(cursor: Cursor, account: str, currency: str) -> tuple[int, int]:
    text = (
        "SELECT COALESCE(SUM(available + residual), 0), COALESCE(SUM(reserved), 0), "
        "COALESCE(SUM(CASE WHEN available < 0 THEN -available ELSE 0 END), 0) "
        "FROM fund_balances WHERE account = ? AND currency = ?"
    )
    ((free, reserved, used),) = cursor.rows(text, (account, currency))
    return int(free), int(free) + int(reserved) + int(used)
