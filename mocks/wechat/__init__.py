"""WeChat Pay's side of the wire, written from its pages: https://pay.weixin.qq.com/doc/v3/merchant/.

What it does not do: combined orders, coupons and discounts, currencies but CNY, profit sharing, batches that wait for an
employee's confirmation, refunds by v2, uploads, the client certificate of v2. No rate is limited unless it is asked for.
"""

from mocks.keyfiles import KeysRefusedError
from mocks.wechat.keys import WechatKeys, load
from mocks.wechat.mock import WechatMock

__all__ = ["KeysRefusedError", "WechatKeys", "WechatMock", "load"]
