"""The demonstration: the main job over real HTTP with real signatures, against the mock server on this machine.

Each step shows what was asked and what came of it, and is compared with what is expected; the exit status is 1 if any
outcome is another one.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from mocks.process import running
from payment_channels.channels.wechat import WechatConfig
from payment_channels.cli import acts
from payment_channels.cli.receiver import receiving
from payment_channels.cli.story import Story, console
from payment_channels.client import ChannelClient
from payment_channels.registry import open_channel


def main() -> int:
    """Run the demonstration; return the exit status."""
    screen = console()
    story = Story(screen)
    started = time.perf_counter()
    screen.print("[bold]支付渠道 SDK 演示 / payment channel SDK, a demonstration[/]")
    screen.print("[dim]启动模拟渠道（首次会生成密钥）… / starting the mock channels (keys are made) …[/]")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "keys") as mock:
        screen.print(f"[dim]模拟渠道 / mock: {mock.base_url}[/]")
        config = WechatConfig.from_directory(mock.keys / "wechat", base_url=mock.base_url)
        run = datetime.now(UTC).strftime("%y%m%d%H%M%S")
        with ChannelClient(open_channel("wechat", config), timeout=10) as client, receiving(client) as receiver:
            stage = acts.Stage(story, client, mock, receiver, run)
            for act in (acts.paid_and_refunded, acts.lost_and_found, acts.refused, acts.paid_out, acts.billed):
                act(stage)
    screen.print(story.table())
    bad = [step for step in story.steps if not step.good]
    seconds = time.perf_counter() - started
    if bad:
        for step in bad:
            screen.print(f"[red]{step.zh} / {step.en}: expected {step.expected}, got {step.result.outcome}[/]")
        return 1
    screen.print(f"[green]全部符合预期 / all {len(story.steps)} steps as expected[/] [dim]({seconds:.1f} s)[/]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
