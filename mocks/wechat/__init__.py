"""WeChat Pay's side of the wire, written from its pages: https://pay.weixin.qq.com/doc/v3/merchant/.

What it does not do: combined orders, coupons and discounts, currencies but CNY, profit sharing, batch transfers, abnormal refunds
applied for anew, refunds by v2, uploads, the client certificate of v2. A payment code may be used for several orders; partial
refunds may follow each other at once; a reverse is not refused within the first seconds; no rate is limited unless asked for.
"""

from mocks.keyfiles import KeysRefusedError
from mocks.wechat.keys import WechatKeys, load
from mocks.wechat.mock import WechatMock

__all__ = ["KeysRefusedError", "WechatKeys", "WechatMock", "load"]
