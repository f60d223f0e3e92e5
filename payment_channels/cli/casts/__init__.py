"""The channels of the demo: a file each."""

from payment_channels.cli.cast import Cast
from payment_channels.cli.casts.alipay import AlipayCast
from payment_channels.cli.casts.allinpay import AllinpayCast
from payment_channels.cli.casts.cib import CibCast
from payment_channels.cli.casts.lianlian import LianlianCast
from payment_channels.cli.casts.unionpay import UnionpayCast
from payment_channels.cli.casts.wechat import WechatCast

CASTS: tuple[type[Cast], ...] = (WechatCast, AlipayCast, UnionpayCast, LianlianCast, CibCast, AllinpayCast)
