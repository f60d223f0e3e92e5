"""Where else an order is: what funding has to ask before it pays once more what the order left, since it knows no assignments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from payment_channels.journal import OrderKey
from payment_channels.journal.store import Cursor
from payment_channels.model.refusals import InvalidRequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where an order is by now, or from where it may still go on.

    ``order_id`` is the core's own number, ``number`` the one that the order has at ``account``; ``state`` is the journal's word
    for it there. ``not_closed``: it has failed there, and the desk may still give it to another account.
    """

    order_id: str
    account: str
    number: str
    state: str
    not_closed: bool = False

    def refusal(self, field: str) -> InvalidRequestError:
        """Return why what the order left at another account does not pay it once more."""
        if self.not_closed:
            zh = f"订单 {self.order_id} 在账户 {self.account} 已失败，但尚未收尾，还可能转往别的账户；请先 route carry-on，再重付"
            en = (
                f"the order {self.order_id} has failed at the account {self.account} and is not closed: it may still go on to "
                "another account; run `route carry-on` first"
            )
        else:
            zh = f"订单 {self.order_id} 现在账户 {self.account}（单号 {self.number}，{self.state}），不能再重付"
            en = (
                f"the order {self.order_id} is at the account {self.account} now (as {self.number}, {self.state}), and is not "
                "paid once more"
            )
        return InvalidRequestError.because(zh, en, field=field)


Elsewhere: TypeAlias = Callable[[Cursor, OrderKey], Whereabouts | None]
"""Answers within a transaction where else an order is that one account has as failed, and keeps it from going on until the
transaction ends; None where it is paid nowhere else, and will not be."""
