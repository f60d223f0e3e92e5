"""Alipay's side of the wire, written from its pages (opendocs.alipay.com, as the official SDKs and dated digests quote them).

What it does not do: service providers and their tokens, pre-authorisation, agreements, instalments, coupons, profit sharing,
foreign currencies, red packets beyond the transfer itself, uploads, XML, sign types but RSA2, messages over the message service
(so nothing is told of transfers). Refunds may follow each other at once; fees are nothing; no rate is limited unless asked for.
"""

from mocks.alipay.keys import AlipayKeys, load
from mocks.alipay.mock import AlipayMock
from mocks.keyfiles import KeysRefusedError

__all__ = ["AlipayKeys", "AlipayMock", "KeysRefusedError", "load"]
