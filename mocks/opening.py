"""Opens a world on a folder of keys: every channel that there is a mock of."""

from collections.abc import Callable
from pathlib import Path

from mocks import alipay, allinpay, cib, lianlian, unionpay, wechat
from mocks.clock import Clock
from mocks.notices import Post, post
from mocks.world import Channel, World

# A line a channel: its name is that of its folder of keys and of its part of the control plane.
CHANNELS: dict[str, Callable[[Path, Clock], Channel]] = {
    "wechat": lambda folder, clock: wechat.WechatMock(wechat.load(folder), clock),
    "alipay": lambda folder, clock: alipay.AlipayMock(alipay.load(folder), clock),
    "unionpay": lambda folder, clock: unionpay.UnionpayMock(unionpay.load(folder), clock),
    "allinpay": lambda folder, clock: allinpay.AllinpayMock(allinpay.load(folder), clock),
    "lianlian": lambda folder, clock: lianlian.LianlianMock(lianlian.load(folder), clock),
    "cib": lambda folder, clock: cib.CibMock(cib.load(folder), clock),
}


def open_world(keys: Path, clock: Clock | None = None, post: Post = post) -> World:
    """Return all channels, with the keys of ``keys/<channel>``; what is missing there is made. ``post`` receives notifications.

    Raises:
        KeysRefusedError: something in the folder cannot be used.
    """
    ticking = clock or Clock()
    return World([opened(keys / name, ticking) for name, opened in CHANNELS.items()], ticking, post)
