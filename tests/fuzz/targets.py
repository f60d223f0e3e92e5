"""All fuzz targets: of the codec and of every channel."""

from tests.fuzz import codec, unionpay, wechat

TARGETS = {target.name: target for target in (*codec.TARGETS, *unionpay.TARGETS, *wechat.TARGETS)}
