"""What every command of the journal is given: the screen, the settings and its options; and how an order is named."""

import argparse
from dataclasses import dataclass

from payment_channels.cli.screen import Screen
from payment_channels.cli.settings import Settings
from payment_channels.journal import Journal, OrderRecord
from payment_channels.journal.looking import named
from payment_channels.model.refusals import InvalidRequestError


class NoSuchOrderError(InvalidRequestError):
    """The journal has no order of that number."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's tools."""

    screen: Screen
    settings: Settings
    options: argparse.Namespace

    def orders(self, journal: Journal) -> list[OrderRecord]:
        """Return the orders that the number on the command line names, narrowed by account and kind.

        Raises:
            NoSuchOrderError: there is none.
        """
        number, account, kind = self.options.order, self.options.account, self.options.kind
        found = [
            record
            for record in named(journal, number)
            if account in {None, record.key.account} and kind in {None, record.key.kind}
        ]
        if not found:
            raise NoSuchOrderError.because(
                f"日志 {self.settings.place} 中没有订单 {number}；商户单号、渠道单号都可以，请核对单号、--account、--kind",
                f"the journal {self.settings.place} has no order {number}: give its own number or the channel's; look at the "
                "number, --account and --kind",
                field="ORDER",
            )
        return found
