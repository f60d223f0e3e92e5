"""WeChat Pay's side of the wire, written from its pages: https://pay.weixin.qq.com/doc/v3/merchant/."""

from mocks.wechat.keys import KeysRefusedError, WechatKeys, load
from mocks.wechat.mock import WechatMock

__all__ = ["KeysRefusedError", "WechatKeys", "WechatMock", "load"]
