"""UnionPay's side of the wire (ACP 5.1.0 and 5.0.0), written from the channel's pages and official demos alone.

What it does not do: batches (21, 22), debits (11), pre-authorisation (02, 03, 32, 33), tokens and paying without a jump, text
messages and openings (77, 78, 79), bills (jiaofei), QR codes, instalments, institutions and platform merchants (accessType 1 and
2), the error-handling file (ZME), payouts that come back. Whether txnTime is the time of sending is not checked. What no page
tells is assumed, and says so where it stands.
"""

from mocks.keyfiles import KeysRefusedError
from mocks.unionpay.keys import UnionpayKeys, load
from mocks.unionpay.mock import UnionpayMock

__all__ = ["KeysRefusedError", "UnionpayKeys", "UnionpayMock", "load"]
