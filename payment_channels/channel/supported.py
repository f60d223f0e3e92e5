"""Refuse before sending what a channel declares it cannot do."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel.capability import Capability, Manifest
from payment_channels.channel.verbs import Verb
from payment_channels.model.refusals import InvalidRequestError, NotSupportedError


def refuse_unsupported(manifest: Manifest, verb: Verb, asked: Any) -> None:
    """Compare an order or a query with the channel's capabilities.

    Raises:
        NotSupportedError: the channel does not do this verb, product, party, currency or kind of bill.
        InvalidRequestError: ``channel_fields`` has a key that the channel does not know.
    """
    capability = manifest.capabilities.get(verb)
    if capability is None:
        raise _refusal(manifest, str(verb), "操作", "operation", sorted(manifest.capabilities))
    _of_the_verb(verb, asked)
    held = vars(asked)  # a model's own fields; asking for one that it lacks would cost more than all the rest
    for line in held.get("lines", ()) if verb is Verb.PAYOUT_BATCH else ():  # a query names lines that were sent before
        _content(manifest, capability, vars(line))
    _content(manifest, capability, held)
    if held.get("channel_order_id") and held.get("merchant_order_id", "") is None and not capability.query_by_channel_id:
        raise _refusal(manifest, "channel_order_id", "查询方式", "way to query", ["merchant_order_id"])


def _content(manifest: Manifest, capability: Capability, held: Mapping[str, Any]) -> None:
    original, payee, payer, amount = held.get("original"), held.get("payee"), held.get("payer"), held.get("amount")
    product = ("product", "产品", held.get("product"), capability.products)
    if original is not None:  # of a refund or a cancellation: the product is its payment's
        product = ("original.product", "产品", original.product, capability.products)
    for name, zh, wanted, offered in (
        product,
        ("bill_kind", "账单种类", held.get("bill_kind"), capability.bill_kinds),
        ("payee", "收款方类型", payee.kind if payee is not None else None, capability.parties),
        ("payer", "付款方类型", payer.kind if payer is not None else None, capability.parties),
        ("currency", "币种", amount.currency if amount is not None else None, manifest.currencies),
    ):
        if wanted is not None and offered and wanted not in offered:
            raise _refusal(manifest, wanted, zh, name, sorted(offered), field=name)
    _known_fields(manifest, capability, held.get("channel_fields", {}))


def _of_the_verb(verb: Verb, asked: Any) -> None:
    """An order of another verb is a mistake of the caller's, and is refused before an adapter sees it."""
    wanted = "payment" if verb is Verb.PAY else str(verb)
    given = getattr(asked, "kind", wanted if verb is Verb.READ_NOTIFICATION else type(asked).__name__)
    if given != wanted:
        raise InvalidRequestError.because(
            f"{verb} 需要 {wanted} 类型的请求，收到的是 {given}",
            f"{verb} takes a request of the kind {wanted}, not {given}",
            field="kind",
        )


def _known_fields(manifest: Manifest, capability: Capability, given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in capability.fields:
            known = "、".join(sorted(capability.fields)) or "无"
            raise InvalidRequestError.because(
                f"channel_fields 中的 {key} 不是渠道{manifest.title_zh}的字段；可用：{known}",
                f"{manifest.title_en} knows no channel field {key}; it knows: {', '.join(sorted(capability.fields)) or 'none'}",
                field=f"channel_fields.{key}",
            )


def _refusal(
    manifest: Manifest, wanted: str, zh: str, en: str, offered: list[Any], *, field: str | None = None
) -> NotSupportedError:
    choices = [str(choice) for choice in offered]
    return NotSupportedError.because(
        f"渠道{manifest.title_zh}不支持{zh} {wanted}；支持：{'、'.join(choices)}",
        f"{manifest.title_en} does not serve the {en} {wanted}; it serves: {', '.join(choices)}",
        field=field or en,
    )
