"""The kit is worth what it notices: adapters and counterparts with one fault each, and the check that must name it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mocks.world import World
from payment_channels import Channel, Inbound, Money, NotSupportedError, Prepared, TransportFailure, Verb, Verdict, open_channel
from payment_channels.channel import Authenticity, Exchange, Reading
from payment_channels.channels.wechat import Wechat, WechatConfig
from payment_channels.testing import COLOURS, Booked, Caller, KitClock, Promise, PromiseBrokenError, Trouble
from tests.conformance.wechat import Conformance as Whole
from tests.conformance.wechat import WechatCounterpart

SYNC = COLOURS[0]
KIT = Whole()


class Greedy(Wechat):
    """Sends a hundred times what was ordered."""

    def prepare(self, order: Any) -> Exchange[Prepared]:
        prepared = yield from super().prepare(order)
        more = order.model_copy(update={"amount": Money(order.amount.amount * 100)})
        return prepared.model_copy(update={"order": more})


class Credulous(Wechat):
    """Believes every answer and every state of it."""

    def query(self, asked: Any) -> Exchange[Reading]:
        reading = yield from super().query(asked)
        return replace(reading, authenticity=Authenticity.VERIFIED, readable=True, where="trade_state", code="SUCCESS")


class Hasty(Wechat):
    """Says of every order that nobody answered for that it was refused."""

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        try:
            return (yield from super().pay(prepared))
        except TransportFailure:
            return Reading(
                operation="pay.native",
                where="code",
                code="PARAM_ERROR",
                http_status=400,
                authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
            )


class Talkative(Wechat):
    """Prints its configuration's secrets."""

    def __repr__(self) -> str:
        return f"Talkative({self.config.apiv3_key})"


class Deaf(Wechat):
    """Believes whatever is posted to it."""

    def read_notification(self, inbound: Inbound) -> Any:
        notice = yield from super().read_notification(inbound)
        return replace(notice, verdict=Verdict.ACCEPTED)


class Lying(WechatCounterpart):
    """Books another amount than arrived."""

    def books(self) -> Sequence[Booked]:
        return [replace(entry, amount=Money(entry.amount.amount + 1)) for entry in super().books()]


class Forgetful(WechatCounterpart):
    """Books everything twice."""

    def books(self) -> Sequence[Booked]:
        return [*super().books(), *super().books()]


@pytest.fixture
def counterpart(mock_channels: World, mock_channel_keys: Path) -> WechatCounterpart:
    return WechatCounterpart(mock_channels, mock_channel_keys)


def broken(check: Any, *arguments: Any, **more: Any) -> Promise:
    """Run a check, demand that it finds a broken promise, and return which."""
    with pytest.raises(PromiseBrokenError) as caught:
        check(*arguments, **more)
    name = str(caught.value).partition("]")[0].strip("[")
    assert len(str(caught.value)) > 40, "it says what money did"
    return Promise[name]


def made(kind: type[Wechat], counterpart: WechatCounterpart) -> Channel:
    return kind(WechatConfig.from_directory(counterpart.keys / "wechat"))


def test_another_amount(counterpart: WechatCounterpart, mock_channels: World, mock_channel_keys: Path) -> None:
    greedy = made(Greedy, counterpart)
    caller = Caller.to(counterpart, greedy, SYNC)
    assert broken(KIT.test_the_very_amount_arrives, greedy, caller, counterpart, 99) is Promise.AMOUNT
    lying = Lying(mock_channels, mock_channel_keys)
    good = made(Wechat, lying)
    assert broken(KIT.test_the_very_amount_arrives, good, Caller.to(lying, good, SYNC), lying, 99) is Promise.AMOUNT


def test_two_orders_of_one_id(mock_channels: World, mock_channel_keys: Path) -> None:
    forgetful = Forgetful(mock_channels, mock_channel_keys)
    good = made(Wechat, forgetful)
    caller = Caller.to(forgetful, good, SYNC)
    assert broken(KIT.test_carried_out_twice_is_paid_once, good, caller, forgetful) is Promise.ONCE


def test_an_invented_failure(counterpart: WechatCounterpart) -> None:
    hasty = made(Hasty, counterpart)
    caller = Caller.to(counterpart, hasty, SYNC)
    check = KIT.test_an_answer_that_is_lost_or_not_believable
    assert broken(check, hasty, caller, counterpart, Trouble.LOST) is Promise.UNKNOWN


def test_a_state_that_is_made_up(counterpart: WechatCounterpart) -> None:
    credulous = made(Credulous, counterpart)
    caller = Caller.to(counterpart, credulous, SYNC)
    assert broken(KIT.test_a_state_never_seen, credulous, caller, counterpart, Verb.QUERY) in {Promise.UNKNOWN, Promise.RAW_CODE}


def test_a_forged_notification_that_is_believed(counterpart: WechatCounterpart) -> None:
    deaf = made(Deaf, counterpart)
    caller = Caller.to(counterpart, deaf, SYNC)
    assert broken(KIT.test_a_forged_notification_is_refused, deaf, caller, counterpart) is Promise.FORGERY


def test_a_secret_that_is_printed(counterpart: WechatCounterpart, caplog: pytest.LogCaptureFixture) -> None:
    talkative = made(Talkative, counterpart)
    caller = Caller.to(counterpart, talkative, SYNC)
    assert broken(KIT.test_nothing_secret_is_printed, talkative, caller, counterpart, caplog) is Promise.SECRETS


def test_a_capability_that_is_only_declared(counterpart: WechatCounterpart) -> None:
    class Boasting(Wechat):
        """Declares the balance, which it cannot tell."""

        manifest = replace(
            Wechat.manifest, capabilities={**Wechat.manifest.capabilities, Verb.BALANCE: Wechat.manifest.capabilities[Verb.CLOSE]}
        )

    clock = KitClock()
    counterpart.follow(clock)
    boasting = Boasting(WechatConfig.from_directory(counterpart.keys / "wechat"), clock=clock)
    with pytest.raises(NotSupportedError, match="balance"):
        KIT.test_declared_capabilities_work(boasting, Caller.to(counterpart, boasting, SYNC), counterpart, clock)


def test_a_collected_code_without_a_meaning(counterpart: WechatCounterpart) -> None:
    class Stranger(Whole):
        def collected(self) -> Any:
            return [replace(super().collected()[0], code="NOBODYKNOWS")]

    good = open_channel("wechat", WechatConfig.from_directory(counterpart.keys / "wechat"))
    with pytest.raises(PromiseBrokenError, match=r"1 of 1 rows:\n\[MAPPED\]"):
        Stranger().test_every_collected_code(good, counterpart)
