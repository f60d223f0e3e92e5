"""All fuzz targets: of the codec and of every channel."""

from tests.fuzz import codec, wechat

TARGETS = {target.name: target for target in (*codec.TARGETS, *wechat.TARGETS)}
