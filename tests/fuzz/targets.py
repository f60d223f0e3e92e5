"""All fuzz targets: of the codec and of every channel."""

from tests.fuzz import alipay, allinpay, cib, codec, lianlian, unionpay, wechat

TARGETS = {
    target.name: target
    for target in (
        *alipay.TARGETS,
        *allinpay.TARGETS,
        *cib.TARGETS,
        *codec.TARGETS,
        *lianlian.TARGETS,
        *unionpay.TARGETS,
        *wechat.TARGETS,
    )
}
