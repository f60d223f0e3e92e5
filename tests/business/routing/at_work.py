"""A desk over scripted channels: what each account answers is written down by the test, and what was sent is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from payment_channels import Money, NotSentError, Outcome, PayoutOrder, Verb, Wallet
from payment_channels.business.desk import Desk
from payment_channels.business.giving import ChannelAccount
from payment_channels.business.policies import PolicyBook
from payment_channels.business.routing import RoutingPolicy
from payment_channels.journal import DurableClient, Journal
from tests.journal.scripted import Answer, Scripted, told

UNREACHABLE = NotSentError.because("connection refused")


def policy(**changes: Any) -> RoutingPolicy:
    """Accounts a, b and c on one funding path; every merchant's payouts and payments go to a, then b, then c."""
    everything: dict[str, Any] = {"path": "reserve", "payout": {}, "payment": {}}
    choices = [{"account": name} for name in "abc"]
    content: dict[str, Any] = {
        "accounts": dict.fromkeys("abc", everything),
        "groups": {"ordinary": {"paths": ["reserve"]}},
        "defaults": {"group": "ordinary", "payout": choices, "payment": choices},
    }
    return RoutingPolicy.model_validate(content | changes)


def in_force(journal: Journal, document: RoutingPolicy) -> int:
    """Propose a policy, put it into force, and return its version."""
    book = PolicyBook(journal, "routing", RoutingPolicy)
    return book.put_in_force(book.propose(document, who="Zhang", why="a test").number, who="Li").number


def payout(number: str = "order0001", fen: int = 12345, **changes: Any) -> PayoutOrder:
    """A payout to a wallet."""
    fields: dict[str, Any] = {
        "merchant_order_id": number,
        "ordered_at": datetime(2026, 3, 5, 2, 0, tzinfo=UTC),
        "amount": Money(fen),
        "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
    }
    return PayoutOrder(**fields | changes)


@dataclass
class Wires:
    """The accounts' channels, by name."""

    journal: Journal
    channels: dict[str, Scripted] = field(default_factory=dict)

    def say(self, name: str, *answers: Answer, verb: Verb = Verb.PAYOUT) -> None:
        """Have an account's channel answer so, the last answer for ever."""
        self.channels.setdefault(name, Scripted()).answers[verb] = list(answers)

    def desk(self, fields: Mapping[str, Mapping[str, Any]] | None = None, **options: Any) -> Desk:
        """A desk over all accounts that have something to say."""
        return Desk(
            self.journal,
            {
                name: ChannelAccount(
                    DurableClient(wire, self.journal, account=name),  # type: ignore[arg-type]
                    (fields or {}).get(name, {}),
                )
                for name, wire in self.channels.items()
            },
            **options,
        )

    def sent(self, verb: Verb = Verb.PAYOUT) -> dict[str, list[str]]:
        """The numbers that each account's channel was sent."""
        return {
            name: [prepared.order.merchant_order_id for which, prepared in wire.sent if which is verb]
            for name, wire in self.channels.items()
            if wire.sent
        }


def paid() -> Any:
    return told(Verb.PAYOUT, Outcome.SUCCEEDED)


def failed(*, new_id: bool = True, failover: bool = True, **fields: Any) -> Any:
    """A failure, as a row of a channel's table tells it."""
    from dataclasses import replace

    result = told(Verb.PAYOUT, Outcome.FAILED, **fields)
    return result.model_copy(update={"meaning": replace(result.meaning, new_id_allowed=new_id, failover=failover)})
