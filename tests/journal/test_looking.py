"""Counting what waits, on both databases: by age, for the resolver, for people."""

from datetime import timedelta

from mocks.world import World
from payment_channels.journal import DurableClient, Journal, Resolver
from payment_channels.journal.looking import Totals, due_now, totals, unresolved_since
from tests.journal.conftest import Clock, payout


def test_what_waits_is_counted(client: DurableClient, journal: Journal, clock: Clock, mock_channels: World) -> None:
    assert (totals(journal), due_now(journal, ("shop",)), due_now(journal, ())) == (Totals(0, 0, 0, 0), 0, 0)
    client.payout(payout("payout0001"))
    clock.advance(hours=2)
    client.payout(payout("payout0002"))
    now = clock()
    assert unresolved_since(journal, (now, now - timedelta(hours=1), now - timedelta(hours=3))) == [2, 1, 0]
    assert (due_now(journal, ("shop",)), due_now(journal, ("other",))) == (1, 0)
    clock.advance(minutes=1)
    assert due_now(journal, ("other", "shop")) == 2


def test_what_people_must_look_at_is_counted(
    client: DurableClient, journal: Journal, resolver: Resolver, clock: Clock, mock_channels: World
) -> None:
    client.payout(payout())
    clock.advance(days=30)
    resolver.step()
    assert totals(journal) == Totals(orders=1, manual=1, conflicts=0, unmatched=0)
    assert due_now(journal, ("shop",)) == 0
