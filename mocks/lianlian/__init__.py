"""LianLian's side of the wire (连连 instantpay, 实时付款), written from the channel's pages and its official SDK alone.

What it does not do: collections and their refunds (so ``amt_unsettle`` is always nothing), ACCP, the daily report, text messages,
limits and quotas, IP lists. What no page tells is assumed, and says so where it stands.
"""

from mocks.keyfiles import KeysRefusedError
from mocks.lianlian.keys import LianlianKeys, load
from mocks.lianlian.mock import LianlianMock

__all__ = ["KeysRefusedError", "LianlianKeys", "LianlianMock", "load"]
