"""A business day: three merchants, a channel that goes down, residuals that fund the next payout, the bill and the report."""

from payment_channels.cli.day.telling import Told
from payment_channels.cli.day.whole import business_day

__all__ = ["Told", "business_day"]
