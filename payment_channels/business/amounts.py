"""How an amount is said to people in a refusal, a reason or an alarm: as they read it everywhere else."""

from payment_channels.codec.amounts import text_of_minor


def spoken(amount: int, currency: str) -> str:
    """Say an amount of minor units: 10000 fen are ``100.00 CNY``; of other currencies their minor units are told."""
    return f"{text_of_minor(amount)} CNY" if currency == "CNY" else f"{amount} minor units {currency}"
