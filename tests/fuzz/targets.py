"""All fuzz targets: of the codec and of every channel."""

from tests.fuzz import alipay, codec, lianlian, unionpay, wechat

TARGETS = {
    target.name: target for target in (*alipay.TARGETS, *codec.TARGETS, *lianlian.TARGETS, *unionpay.TARGETS, *wechat.TARGETS)
}
