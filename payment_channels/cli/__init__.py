"""The command line, ``payment-channels``: what it can do, and how each command ends."""

import argparse
import os
import sys
from collections.abc import Sequence

from payment_channels.channel import Capability
from payment_channels.cli.funding import add_command as add_funding
from payment_channels.cli.journal import add_commands
from payment_channels.cli.new_channel import add_command
from payment_channels.cli.reconcile import add_command as add_reconcile
from payment_channels.cli.report import add_command as add_report
from payment_channels.cli.route import add_command as add_route
from payment_channels.registry import channel_names, manifest

CLOSED = 128 + 13
"""The exit status of what SIGPIPE ends, as the shell tells it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="payment-channels", description="支付渠道 SDK / the payment channel SDK")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("demo", help="对接本机模拟渠道的演示 / a demonstration against mocks on this machine")
    command.add_argument("--only", choices=("channels", "day"), help="只看一半 / one half alone")
    command.add_argument("--report", metavar="FILE", help="把营业日的报表写成网页 / write the business day's report as a page")
    command.set_defaults(run=_demo)
    command = commands.add_parser("channels", help="已有渠道与能力 / the channels and what each can do")
    command.set_defaults(run=_channels)
    add_command(commands)
    add_commands(commands)
    add_funding(commands)
    add_reconcile(commands)
    add_report(commands)
    add_route(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # who read the output has seen enough, as `head` has: the rest goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    return status


def _demo(options: argparse.Namespace) -> int:
    from payment_channels.cli.demo import run as demo  # noqa: PLC0415  it needs extras that the rest does not

    return demo(options)


def _channels(_: argparse.Namespace) -> int:
    for name in channel_names():
        card = manifest(name)
        print(f"{name}: {card.title_zh} / {card.title_en}")
        for verb, capability in card.capabilities.items():
            told = [f"{title}: {', '.join(sorted(names))}" for title, names in _kinds(capability) if names]
            print(f"  {verb}{' — ' + '; '.join(told) if told else ''}")
    return 0


def _kinds(capability: Capability) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return what a verb tells apart, each kind under its own name."""
    return (
        ("产品 products", capability.products),
        ("收付款方 parties", capability.parties),
        ("账单 bill kinds", capability.bill_kinds),
    )
