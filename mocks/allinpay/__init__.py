"""Allinpay's side of the wire, written from the channel's pages alone: 收银宝 (VSP) collects, 通联通 (TLT) pays out.

What it does not do: of VSP closing an order, the H5 cash desk, quick payment, instalments, profit sharing, coupons, the list
of settlements and the files of the settlement; of TLT collecting, protocols, refunds, queries by day, real-name checks,
notices of results and of finished batches, the SFTP file, encrypted accounts. What no page tells is assumed, and says so
where it stands.
"""

from mocks.allinpay.keys import AllinpayKeys, load
from mocks.allinpay.mock import AllinpayMock
from mocks.keyfiles import KeysRefusedError

__all__ = ["AllinpayKeys", "AllinpayMock", "KeysRefusedError", "load"]
