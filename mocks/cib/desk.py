"""What every operation of the CIB mock works on: customer, clock, account and instructions, and who is told of what is booked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mocks.cib.accounts import Account, Entry
from mocks.cib.codes import NOT_OURS, RULE, RefusedError, refused
from mocks.cib.instructions import Instructions
from mocks.cib.keys import CibKeys
from mocks.cib.notify import Herald
from mocks.clock import Clock

BANK = "兴业银行"
CITY = "福州"  # as in the samples


class Desk:
    """The state of one CIB mock."""

    def __init__(self, keys: CibKeys, clock: Clock) -> None:
        """Open with empty books and the opening balance."""
        self.keys = keys
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.herald = Herald(self.clock)
        self.account = Account(self.keys.acct_id, self.keys.acct_name, self.keys.opening_balance, self._booked)
        self.instructions = Instructions(self.account, self.clock)
        self.order_numbers: set[str] = set()  # of agent payments: one ORDERNO pays once
        self.collected: dict[str, tuple[int, datetime]] = {}  # merchant orders that were paid, by the control plane
        self.batches: dict[str, Any] = {}

    def tick(self) -> None:
        """Let time do its work."""
        self.instructions.tick()

    def now(self) -> datetime:
        """Return business time."""
        return self.clock.now()

    def _booked(self, entry: Entry) -> None:
        self.herald.booked(self.account, entry)

    def once(self, operation: str, uid: str, make: Callable[[], Any]) -> Any:
        """Return what a TRNUID came to before, whatever else is said now; or have it made, and keep it.

        The document: the same TRNUID is not executed again, the stored result is returned. It makes no exception for another
        content, so none is made here; the answer tells the content that was executed.

        Raises:
            RefusedError: 12345 where another interface used it; or what it was refused with.
        """
        kept = self.instructions.recall(operation, uid)
        if kept is not None:
            return kept
        try:
            made = make()
        except RefusedError as error:
            if error.spends:
                self.instructions.keep(operation, uid, error)
            raise
        self.instructions.keep(operation, uid, made)
        return made

    def check_account(self, acct_id: str) -> None:
        """Refuse another account than the customer's.

        Raises:
            RefusedError: 50006.
        """
        if acct_id != self.account.acct_id:
            raise refused(NOT_OURS, why=f"the customer's account is {self.account.acct_id}")

    def check_order_number(self, number: str) -> None:
        """Refuse an ORDERNO that was used.

        Raises:
            RefusedError: 52000: assumed, no code for it is shown.
        """
        if number in self.order_numbers:
            raise refused(RULE, why="ORDERNO was used by another TRNUID", spends=True)


Handler = Callable[[Desk, dict[str, Any]], str]
"""Does what is asked for, and returns what stands in the answer after STATUS."""
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
