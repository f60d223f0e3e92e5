"""The command line: ``payment-channels`` with ``demo``, ``channels``, ``journal …`` and ``payout-batch``."""

import argparse
from collections.abc import Sequence

from payment_channels.cli.journal import add_commands
from payment_channels.registry import channel_names, manifest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="payment-channels", description="支付渠道 SDK / the payment channel SDK")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("demo", help="对接本机模拟渠道的演示 / a demonstration against mocks on this machine")
    command.set_defaults(run=_demo)
    command = commands.add_parser("channels", help="已有渠道与能力 / the channels and what each can do")
    command.set_defaults(run=_channels)
    add_commands(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


def _demo(_: argparse.Namespace) -> int:
    from payment_channels.cli.demo import main as demo  # noqa: PLC0415  it needs the extras cli and mocks, the rest does not

    return demo()


def _channels(_: argparse.Namespace) -> int:
    for name in channel_names():
        card = manifest(name)
        print(f"{name}: {card.title_zh} / {card.title_en}")
        for verb, capability in card.capabilities.items():
            more = sorted(capability.products | capability.bill_kinds | capability.parties)
            print(f"  {verb}{': ' + ', '.join(more) if more else ''}")
    return 0
