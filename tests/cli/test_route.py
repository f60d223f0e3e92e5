"""``route carry-on`` against WeChat Pay's mock: what nobody sent is sent once, and what has come to its end is closed."""

from datetime import UTC, datetime

from payment_channels import Money, PayoutOrder, Wallet
from payment_channels.business.desk import ChannelAccount, Desk
from payment_channels.business.routing import Assignments
from payment_channels.cli.settings import read_settings
from payment_channels.journal import DurableClient, Journal, OrderKey, State
from payment_channels.model.results import Outcome
from tests.cli.conftest import WALLET, Shop
from tests.journal.conftest import SCENE

POLICY = """
[groups.ordinary]
paths = ["reserve"]
[defaults]
group = "ordinary"
payout = [{ account = "shop" }]
[accounts.shop]
path = "reserve"
[accounts.shop.payout]
parties = ["wallet"]
"""
PLACE = ("tea", "payout", "order0001")
KEY = OrderKey("shop", "payout", "order0001")


def forgotten(shop: Shop) -> None:
    """An order is assigned, and its process dies an hour ago."""
    (shop.folder / "routing.toml").write_text(POLICY, encoding="utf-8")
    assert shop.run("route", "propose", "routing.toml", "--who", "Zhang", "--why", "start").status == 0
    assert shop.run("route", "put-in-force", "1", "--who", "Li").status == 0
    order = PayoutOrder(
        merchant_order_id="order0001",
        ordered_at=datetime.now(UTC),
        amount=Money(888),
        payee=Wallet(wallet_id=f"{WALLET}01"),
        remark="新会员有礼",
    )

    def given(journal: Journal) -> None:
        with read_settings(shop.folder / "journal.toml").accounts["shop"].open() as client:
            account = ChannelAccount(DurableClient(client, journal, account="shop"), {"channel_fields": SCENE})
            Desk(journal, {"shop": account})._giving.first(PLACE, order, {}, None)
        hour = 3_600_000_000
        journal.store.write(lambda cursor: cursor.run("UPDATE assignments SET changed_at = changed_at - ?", (hour,)))

    shop.look(given)


def test_what_nobody_sent_is_sent_once_and_closed_when_it_has_come_to_its_end(shop: Shop) -> None:
    forgotten(shop)
    (row,) = shop.run("route", "carry-on", "--json").json
    assert (row["merchant"], row["order_id"], row["account"], row["outcome"]) == ("tea", "order0001", "shop", "pending")
    assert shop.run("route", "carry-on", "--json").json == []
    shop.look(lambda journal: journal.concluded(KEY, Outcome.SUCCEEDED, "the payee has confirmed"))
    told = shop.run("route", "carry-on")
    assert told.status == 0
    assert "succeeded" in told.out
    record = shop.look(lambda journal: journal.find(KEY))
    assert record is not None
    assert record.state is State.SUCCEEDED
    held = shop.look(lambda journal: Assignments(journal).latest(PLACE))
    assert held is not None
    assert held.state == "done"
    assert len(shop.mock.control("books", method="GET")["wechat"]["transfers"]) == 1


def test_an_account_that_cannot_be_opened_is_named(shop: Shop) -> None:
    forgotten(shop)
    settings = shop.folder / "journal.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("folder = ", 'folder = "gone" # ', 1), encoding="utf-8")
    told = shop.run("route", "carry-on")
    assert told.status == 2
    assert "shop" in told.err
