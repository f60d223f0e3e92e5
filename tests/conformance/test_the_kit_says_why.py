"""A red check leads its author to the line to mend: the usual mistakes of a first adapter, and the words that name each."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mocks.world import World
from payment_channels import Channel, PaymentQuery, Verb
from payment_channels.channel import Authenticity, Exchange, Reading
from payment_channels.channels.wechat import Wechat, WechatConfig
from payment_channels.testing import COLOURS, Caller, ChannelConformance, Collected, PromiseBrokenError
from payment_channels.testing.said import CAUSES
from tests.conformance.wechat import Conformance as Whole
from tests.conformance.wechat import WechatCounterpart

KIT = Whole()


def spoiling(**changes: Any) -> type[Wechat]:
    """Return an adapter that reads a query rightly, and then spoils the reading."""

    class Spoiling(Wechat):
        """Changes what it has read."""

        def query(self, asked: PaymentQuery) -> Exchange[Reading]:
            reading = yield from super().query(asked)
            return replace(reading, **changes)

    return Spoiling


class Raising(Wechat):
    """Has a mistake of its own."""

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        reading = yield from super().query(asked)
        known: dict[str, Reading] = {}
        return known[reading.code]


@pytest.fixture
def counterpart(mock_channels: World, mock_channel_keys: Path) -> WechatCounterpart:
    return WechatCounterpart(mock_channels, mock_channel_keys)


def made(kind: type[Wechat], counterpart: WechatCounterpart) -> Channel:
    return kind(WechatConfig.from_directory(counterpart.keys / "wechat"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            spoiling(authenticity=Authenticity.NOT_VERIFIED),
            ("unknown REPLY_NOT_VERIFIED", "Channel.trusted_line"),
        ),
        (spoiling(where="tradestate"), ("unknown UNMAPPED_CODE", "where 'tradestate', code 'SUCCESS'", "码表没有这一行")),
        (spoiling(facts=None), ("unknown AMOUNT_MISMATCH", "Reading.facts.amounts.order")),
        (Raising, ("unknown SDK_DEFECT", "KeyError in test_the_kit_says_why.py, line", "(query)")),
    ],
)
def test_a_usual_mistake_is_named(kind: type[Wechat], words: tuple[str, ...], counterpart: WechatCounterpart) -> None:
    channel = made(kind, counterpart)
    caller = Caller.to(counterpart, channel, COLOURS[0])
    with pytest.raises(PromiseBrokenError) as caught:
        KIT.test_the_very_amount_arrives(channel, caller, counterpart, 1234)
    missing = [word for word in ("operation 'query'", *words) if word not in str(caught.value)]
    assert not missing, str(caught.value)


def test_a_payout_without_a_payee_names_the_method_to_write(counterpart: WechatCounterpart) -> None:
    class Bare(ChannelConformance):
        """Gives no details of an order."""

    with pytest.raises(NotImplementedError, match=r"在 Bare 中覆盖 `details`.* / override `details` in Bare: for Verb.PAYOUT"):
        Bare().payout(counterpart, "wallet")


def test_a_collected_row_of_a_product_that_is_not_declared(counterpart: WechatCounterpart) -> None:
    class Mistyped(Whole):
        """Its only row names a product that the manifest does not."""

        def collected(self) -> list[Collected]:
            return [Collected(Verb.QUERY, "nativ", "ORDER_NOT_EXIST", status=404)]

    with pytest.raises(PromiseBrokenError, match=r"names 'nativ', and the manifest declares \[.*'native'"):
        Mistyped().test_every_collected_code(made(Wechat, counterpart), counterpart)


def test_payments_are_checked_before_what_is_printed() -> None:
    """``pytest -x`` follows the work: pytest takes the tests of the last base first."""
    checks = [name for base in reversed(ChannelConformance.__mro__) for name in vars(base) if name.startswith("test_")]
    assert checks.index("test_the_very_amount_arrives") < checks.index("test_declared_capabilities_work")
    assert checks.index("test_every_payee_that_is_declared_is_paid") < checks.index("test_a_code_never_seen")
    assert checks[-1] == "test_every_colour_says_the_same"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_cause_stands_in_the_guide(language: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / language / "authors" / "worked-example.md").read_text(encoding="utf-8")
    assert [code for code in CAUSES if f"`{code}`" not in guide] == []
