"""CIB's local proxy (兴业银行银企直联, FOX XML in GBK), written from the bank's document V4.0.4 alone.

What it does not do: the fast pay and real-time batch interfaces, the statement file (3.3.9), bills, securities, several accounts
or users, payees whose names the bank knows, a maximum a day, holidays and office hours of the clearing, rows of a late evening
booked on the next day, reversals (negative amounts), USERKEY instead of a password. What no page tells is assumed, and says so
where it stands: above all which code answers which mistake, since the document has no list of codes.
"""

from mocks.cib.keys import CibKeys, load
from mocks.cib.mock import CibMock
from mocks.keyfiles import KeysRefusedError

__all__ = ["CibKeys", "CibMock", "KeysRefusedError", "load"]
