"""Every promise of the SDK, tried on the core: the conformance kit, and what is peculiar to a core."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from payment_channels import (
    CancelOrder,
    Channel,
    ChannelClient,
    CorporateAccount,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    PersonalAccount,
    Verb,
    open_channel,
)
from payment_channels.testing import ChannelConformance, Collected, KitClock, Trouble

from .mock import Core
from .test_table import collected

KEY = "k3y-of-the-tests-and-of-nothing-else"
CONFIGURATION = {"system": "PAY", "suspense_account": "9990001", "key": KEY, "base_url": "https://core.corebank.example"}
PERSON = PersonalAccount(account_no="6217000000000001", name="张三")
COMPANY = CorporateAccount(account_no="3100000000000001", name="某某贸易有限公司")


class TestCorebank(ChannelConformance):
    """The kit over both HTTP libraries, blocking and asynchronous."""

    usual_product = "book"

    @pytest.fixture
    def counterpart(self) -> Core:
        core = Core(KEY)
        core.open_account("9990001", "过渡户")
        core.open_account(PERSON.account_no, PERSON.name, 100_000_000)
        core.open_account(COMPANY.account_no, COMPANY.name, 100_000_000)
        return core

    @pytest.fixture
    def channel(self, counterpart: Core, clock: KitClock) -> Channel:
        return open_channel("corebank", CONFIGURATION, clock=clock)

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        return {"payer": PERSON} if verb is Verb.PAY else {}

    def collected(self) -> list[Collected]:
        return collected()

    @pytest.mark.parametrize("payer", [PERSON, COMPANY], ids=["personal", "corporate"])
    def test_personal_and_corporate_accounts_go_one_way(
        self, channel: Channel, counterpart: Core, payer: PersonalAccount | CorporateAccount
    ) -> None:
        """One order type debits either account, and the books balance throughout."""
        whole = counterpart.total()
        order = self.payment(counterpart, payer=payer)
        with ChannelClient(channel, http=self.http(counterpart)) as client:
            assert client.pay(order).outcome is Outcome.SUCCEEDED
            _, balance = counterpart.accounts[payer.account_no]
            assert balance == 100_000_000 - order.amount.amount
            cancelled = client.cancel(self.cancellation(order, PaymentQuery.of(order)))
        assert cancelled.outcome is Outcome.REVERSED
        assert counterpart.accounts[payer.account_no][1] == 100_000_000
        assert counterpart.total() == whole

    def test_a_reversal_that_overtakes_its_original(self, channel: Channel, counterpart: Core) -> None:
        """The late original is refused, and its refusal is no failure that would allow another serial by itself."""
        order = self.payment(counterpart)
        original = OriginalPayment.of(order)
        undo = CancelOrder(ordered_at=datetime.now(UTC), original=original)
        with ChannelClient(channel, http=self.http(counterpart)) as client:
            assert client.cancel(undo).outcome is Outcome.REVERSED
            late = client.pay(order)
        assert late.canonical == "ORDER_REVERSED"
        assert not late.new_id_allowed
        assert counterpart.books() == []

    def test_the_answer_to_a_booking_is_lost(self, channel: Channel, counterpart: Core) -> None:
        """The money has moved and nobody says so: unknown, until the same order is sent again or asked after."""
        order = self.payment(counterpart)
        counterpart.meet(Trouble.LOST, Verb.PAY, "book")
        with ChannelClient(channel, http=self.http(counterpart)) as client:
            assert client.pay(order).outcome is Outcome.UNKNOWN
            assert client.query(PaymentQuery.of(order)).outcome is Outcome.SUCCEEDED
            assert client.pay(order).outcome is Outcome.SUCCEEDED
        assert len(counterpart.books()) == 1

    def http(self, counterpart: Core) -> Any:
        """Return a blocking client that leads to the core."""
        import httpx

        return counterpart.http(httpx, asynchronous=False)
