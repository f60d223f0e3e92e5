"""Funding over a journal on each database, and a client that does what a test says."""

from collections.abc import Callable
from typing import Any

import pytest

from payment_channels import Money
from payment_channels.business.funding import AccountFunding, Funding, FundingPolicy
from payment_channels.channel import Verb
from payment_channels.journal import DurableClient, Journal, OrderKey
from payment_channels.journal.folding import Finding, Source
from payment_channels.model.results import Outcome
from tests.business.ticking import Ticking
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

Sent = Callable[..., OrderKey]


@pytest.fixture
def funding(journal: Journal) -> Funding:
    return Funding(journal)


@pytest.fixture
def wire() -> Scripted:
    return Scripted()


@pytest.fixture
def client(wire: Scripted, journal: Journal) -> DurableClient:
    return DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]


def in_force(funding: Funding, **accounts: AccountFunding) -> None:
    """Put a policy into force."""
    version = funding.policies.propose(FundingPolicy(accounts=accounts), who="Zhang", why="test")
    funding.policies.put_in_force(version.number, who="Li")


def reserve(funding: Funding, key: OrderKey, merchant: str, fen: int, *, orders: int = 1) -> None:
    """Reserve in a transaction of its own."""
    funding.journal.store.write(lambda cursor: funding.reserve(cursor, key, merchant, Money(fen), orders=orders))


def queried(journal: Journal, key: OrderKey, outcome: Outcome, **fields: Any) -> None:
    """Let a query say how an order stands."""
    result = told(Verb.QUERY_PAYOUT, outcome, **fields)
    journal.found(key, Finding(Source.QUERIED, outcome, 1), result)


@pytest.fixture
def sent(funding: Funding, client: DurableClient, wire: Scripted, clock: Ticking) -> Sent:
    """Reserve for an order, send it, and follow it: ``sent(number, fen, outcome)``."""

    def send(number: str, fen: int, outcome: Outcome, merchant: str = "tea", **fields: Any) -> OrderKey:
        key = OrderKey("shop", "payout", number)
        reserve(funding, key, merchant, fen)
        wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, outcome, **fields)]
        client.payout(payout(number, fen, ordered_at=clock()))
        funding.follow(key)
        return key

    return send
