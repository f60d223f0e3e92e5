"""What may be told of a code: the texts and the outward code that fit what is known of the money.

A row may weaken its canonical code: the same name that is a refusal on one interface is unknown on another. The code's
own texts then say too much ("nothing was taken, pay another way"), and who believed them would pay twice.
"""

from dataclasses import dataclass

from error_codes.catalogue import Catalogue, CatalogueError
from error_codes.model import WITHOUT_ORDER, Canonical, Effect, Outward, Row

FINAL = frozenset({Effect.FAILED, Effect.SUCCEEDED, Effect.RETURNED, Effect.REVERSED})
UNMAPPED = "UNMAPPED_CODE"
"""The catalogue's own word for "nobody can say": its texts for the payer and its outward code fit every unknown."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What the three readers may be told, in both languages."""

    payer_zh: str
    payer_en: str
    merchant_zh: str
    merchant_en: str
    operator_zh: str
    operator_en: str


def effect_of(outcome: Effect | str | None) -> Effect | None:
    """Return an outcome as the catalogue's own word; None stands for "no outcome is given" and stays None.

    A core keeps outcomes as text in its database, so the text of one is as good as the word itself.

    Raises:
        CatalogueError: it is no outcome. Nothing is published then, since a guess might say "failed" of what is unknown.
    """
    if outcome is None:
        return None
    try:
        return Effect(outcome)
    except ValueError as error:
        known = ", ".join(Effect)
        raise CatalogueError(
            f"{outcome!r} 不是结果，应为其中之一：{known}；{outcome!r} is no outcome, it should be one of: {known}"
        ) from error


def weakened(entry: Canonical, outcome: Effect | None) -> bool:
    """Say whether less is known than the canonical code says by itself."""
    if outcome is Effect.UNKNOWN:
        return entry.effect is not Effect.UNKNOWN
    return outcome is Effect.PENDING and entry.effect in FINAL


def outward_of(catalogue: Catalogue, code: str, outcome: Effect | str | None = None) -> Outward:
    """Return the outward code of a canonical code; of the unknown where ``outcome`` is weaker than the code's own effect.

    Raises:
        CatalogueError: there is no such canonical code, or no such outcome.
    """
    entry, effect = catalogue.canonical(code), effect_of(outcome)
    told = catalogue.canonical(UNMAPPED) if weakened(entry, effect) else entry
    return catalogue.outward(told.outward)


def texts_of(catalogue: Catalogue, code: str, outcome: Effect | str | None = None) -> Texts:
    """Return the texts of a canonical code; of the unknown where ``outcome`` is weaker than the code's own effect.

    Raises:
        CatalogueError: there is no such canonical code, or no such outcome.
    """
    entry, effect = catalogue.canonical(code), effect_of(outcome)
    if not weakened(entry, effect):
        return Texts(
            payer_zh=entry.payer_zh,
            payer_en=entry.payer_en,
            merchant_zh=entry.merchant_zh,
            merchant_en=entry.merchant_en,
            operator_zh=entry.operator_zh,
            operator_en=entry.operator_en,
        )
    # The merchant's and the operator's text of UNMAPPED_CODE speak of a code that has no row; here there is one.
    told, published = catalogue.canonical(UNMAPPED), outward_of(catalogue, code, effect)
    return Texts(
        payer_zh=told.payer_zh,
        payer_en=told.payer_en,
        merchant_zh=published.zh,
        merchant_en=published.en,
        operator_zh=f"{entry.title_zh}。{published.zh}",
        operator_en=f"{entry.title_en}. {published.en}",
    )


def outcome_of(row: Row) -> Effect | None:
    """Return the outcome that a row's texts must fit; None where it only answers questions that are about no order."""
    about_no_order = all(operation.partition(".")[0] in WITHOUT_ORDER for operation in row.operations)
    return None if about_no_order else row.effect
