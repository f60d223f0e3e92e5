"""What a channel declares: whether an order may be sent again, down to the product."""

from dataclasses import replace
from datetime import timedelta

from payment_channels import Capability, Resend, Verb, manifest


def test_resending_is_never_the_default_and_may_exclude_products() -> None:
    assert Capability().resend_of("native") is Resend.NEVER
    some = Capability(resend=Resend.SAME_CONTENT, never_resent=frozenset({"micropay"}))
    assert (some.resend_of(None), some.resend_of("native"), some.resend_of("micropay")) == (
        Resend.SAME_CONTENT,
        Resend.SAME_CONTENT,
        Resend.NEVER,
    )


def test_a_payment_code_is_never_sent_again() -> None:
    pay = manifest("wechat").capabilities[Verb.PAY]
    assert {product for product in pay.products if pay.resend_of(product) is Resend.NEVER} == {"micropay", "codepay"}


def test_a_product_may_have_a_time_of_its_own_to_be_paid_in() -> None:
    """A QR code of two hours does not make a form that was handed over conclusive after two hours."""
    card = replace(
        manifest("wechat"),
        payable_for=timedelta(days=7),
        payable_by_product={"code": timedelta(hours=2), "form": timedelta(days=90)},
    )
    assert card.payable("code") == timedelta(hours=2)
    assert card.payable("form") == timedelta(days=90)
    assert card.payable("another") == card.payable(None) == timedelta(days=7)
