"""Which channels there are: the built-in ones and those that outside packages offer through entry points."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from payment_channels.channel import Channel, Manifest
from payment_channels.model.refusals import ConfigurationError

BUILT_IN = ("alipay", "allinpay", "cib", "lianlian", "unionpay", "wechat")
ENTRY_POINTS = "payment_channels.channels"
"""An outside package names its ``MANIFEST`` here: ``mychannel = "mypackage:MANIFEST"``."""


def channel_names() -> tuple[str, ...]:
    """Return the names of all channels, without importing any."""
    outside = (entry.name for entry in entry_points(group=ENTRY_POINTS))
    return tuple(sorted({*BUILT_IN, *outside}))


def manifest(name: str) -> Manifest:
    """Import one channel and return its manifest.

    Raises:
        ConfigurationError: there is no such channel.
    """
    if name in BUILT_IN:
        found: Any = import_module(f"payment_channels.channels.{name}").MANIFEST
    else:
        entries = entry_points(group=ENTRY_POINTS, name=name)
        if not entries:
            known = "、".join(channel_names())
            raise ConfigurationError.because(
                f"没有名为 {name} 的渠道；已有：{known}",
                f"there is no channel named {name}; there are: {', '.join(channel_names())}",
                field="channel",
            )
        found = next(iter(entries)).load()
    if not isinstance(found, Manifest):
        raise ConfigurationError.because(
            f"渠道 {name} 的入口不是 Manifest",
            f"the entry point of the channel {name} is not a Manifest",
            field="channel",
        )
    return found


def open_channel(name: str, configuration: Any, **options: Any) -> Channel:
    """Make an adapter: ``configuration`` is an instance of the channel's configuration class, or its fields in a dict.

    Raises:
        ConfigurationError: there is no such channel, or its configuration cannot be used: fields that are missing, unknown or
            wrong, or an instance of another class, such as another channel's.
    """
    card = manifest(name)
    wanted = card.configuration
    settings = wanted(**configuration) if isinstance(configuration, dict) else configuration
    if not isinstance(settings, wanted):
        full, given = f"{wanted.__module__}.{wanted.__qualname__}", type(settings).__name__
        raise ConfigurationError.because(
            f"渠道 {name} 的配置须为 {full} 或其字段的 dict，而不是 {given}",
            f"the configuration of the channel {name} should be a {full} or a dict of its fields, not a {given}",
            field="configuration",
        )
    opened: Channel = card.open(settings, **options)
    return opened
