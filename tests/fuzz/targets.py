"""All fuzz targets: of the codec and of every channel."""

from tests.fuzz import alipay, codec, unionpay, wechat

TARGETS = {target.name: target for target in (*alipay.TARGETS, *codec.TARGETS, *unionpay.TARGETS, *wechat.TARGETS)}
