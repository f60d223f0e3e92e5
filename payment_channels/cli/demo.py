"""The demonstration: the main job over real HTTP with real signatures, against the mock server on this machine.

The same story at every channel, side by side; then a business day of three merchants over five of them. Each step shows what
came of it and is compared with what is expected; the exit status is 1 if any outcome is another one.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from mocks.process import MockServer, running
from payment_channels.cli.acts import ACTS
from payment_channels.cli.cast import Cast, Scene
from payment_channels.cli.casts import CASTS
from payment_channels.cli.day import business_day
from payment_channels.cli.receiver import receiving
from payment_channels.cli.story import Story, console
from payment_channels.client import ChannelClient
from payment_channels.registry import open_channel


def enter(stack: ExitStack, mock: MockServer) -> tuple[Cast, ...]:
    """Open a client of every channel and the doors of their notifications; both close with ``stack``."""
    run = datetime.now(UTC).strftime("%y%m%d%H%M%S")
    clients = {
        kind.name: stack.enter_context(
            ChannelClient(open_channel(kind.name, kind.configuration(mock.keys, mock.base_url)), timeout=10)
        )
        for kind in CASTS
    }
    receivers = stack.enter_context(receiving(clients))
    return tuple(kind(Scene(clients[kind.name], mock, receivers[kind.name], run)) for kind in CASTS)


def run(options: argparse.Namespace) -> int:
    """Show what is asked for; return the exit status."""
    screen = console()
    started = time.perf_counter()
    screen.print("[bold]支付渠道 SDK 演示 / payment channel SDK, a demonstration[/]")
    screen.print("[dim]启动模拟渠道（首次会生成密钥）… / starting the mock channels (keys are made) …[/]")
    steps, bad = 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        for part, play in (("channels", channels), ("day", day)):
            if options.only in {None, part}:
                with running(keys) as mock:  # each with empty books
                    count, wrong = play(screen, mock, options)
                steps, bad = steps + count, bad + wrong
    for one in bad:
        screen.print(f"[red]{one}[/]", highlight=False)
    if bad:
        return 1
    seconds = time.perf_counter() - started
    screen.print(f"[green]全部符合预期 / all {steps} steps as expected[/] [dim]({seconds:.1f} s)[/]")
    return 0


def channels(screen: Console, mock: MockServer, _: argparse.Namespace) -> tuple[int, list[str]]:
    """Play the same story at every channel; return how many steps it had, and what was not as expected."""
    screen.print(f"[dim]模拟渠道 / mock: {mock.base_url}[/]")
    with ExitStack() as stack:
        story = Story(screen, enter(stack, mock))
        for act in ACTS:
            act(story)
    screen.print(story.table())
    bad = [step for step in story.steps if not step.good]
    return len(story.steps), [
        f"{step.channel}: {step.zh}：应为 {step.expected}，实为 {step.result.outcome}"
        f" / {step.en}: expected {step.expected}, got {step.result.outcome}"
        for step in bad
    ]


def day(screen: Console, mock: MockServer, options: argparse.Namespace) -> tuple[int, list[str]]:
    """Play the business day."""
    screen.print("[bold]一个营业日 / a business day[/]")
    told = business_day(screen, mock, Path(options.report) if options.report else None)
    return told.count, told.bad
