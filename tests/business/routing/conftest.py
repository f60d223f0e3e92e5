"""What several tests of the routing start from."""

import pytest

from payment_channels import Money
from payment_channels.business.funding import Funding
from payment_channels.journal import Journal
from tests.business.routing.at_work import in_force, policy


@pytest.fixture
def funding(journal: Journal) -> Funding:
    """Three accounts of a routing policy in force, each with 200 yuan of the merchant ``tea``."""
    in_force(journal, policy())
    funding = Funding(journal)
    for name in "abc":
        funding.paid_in("tea", name, Money(20_000), reference=name, who="Zhang")
    return funding
