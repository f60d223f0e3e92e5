"""The balance of one account (CURRACCTQUERYTRNRQ)."""

from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.cib import checks, fox
from payment_channels.channels.cib.line import Line
from payment_channels.channels.cib.messages import money_of
from payment_channels.codec.xml import Element
from payment_channels.model.queries import BalanceQuery
from payment_channels.model.results import Balance

NAME = "CURRACCTQUERYTRNRQ"


def balance(line: Line, asked: BalanceQuery) -> Exchange[Reading]:
    """Ask what an account holds: BALAMT in all, AVAILBAL available, FREEZELMT frozen."""
    checks.check_no_others([("account_kind", asked.account_kind), ("sub_merchant", asked.sub_merchant)])
    account = asked.account or line.config.acct_id
    if not checks.OWN_ACCOUNT.fullmatch(account):
        raise checks.refuse("account", "须为 18 位数字的本行账号", "an account of this bank, 18 digits")
    number = line.nonce()
    reply = yield from line.send(NAME, {"TRNUID": number, "RQBODY": {"ACCTID": account}})

    def say(told: Element, _answer: fox.Answer) -> dict[str, Any]:
        held = fox.wanted(told, "RSBODY")
        if fox.text(held, "ACCTID") != account:
            return {"foreign": "ACCTID differs"}
        currency = fox.text(held, "CURRENCY")
        amounts = {name: money_of(fox.text(held, name), name, currency) for name in ("AVAILBAL", "BALAMT", "FREEZELMT")}
        available = amounts["AVAILBAL"]
        if available is None:
            raise fox.MessageRefusedError("there is no AVAILBAL")
        found = Balance(account=account, available=available, total=amounts["BALAMT"], frozen=amounts["FREEZELMT"])
        return {"fields": {"balances": (found,)}}

    return line.read(reply, "balance", NAME, number, say)
