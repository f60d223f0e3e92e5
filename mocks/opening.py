"""Opens a world on a folder of keys: every channel that there is a mock of."""

from pathlib import Path

from mocks.clock import Clock
from mocks.notices import Post, post
from mocks.wechat import WechatMock, load
from mocks.world import World


def open_world(keys: Path, clock: Clock | None = None, post: Post = post) -> World:
    """Return all channels, with the keys of ``keys/<channel>``; what is missing there is made. ``post`` receives notifications.

    Raises:
        KeysRefusedError: something in the folder cannot be used.
    """
    ticking = clock or Clock()
    return World([WechatMock(load(keys / "wechat"), ticking)], ticking, post)
