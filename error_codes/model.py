"""The words of the catalogue: what a canonical code, a channel's row and a finished translation carry."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Effect(StrEnum):
    """What is known of the money. The same six words as a result's outcome."""

    FAILED = "failed"  # the channel's own document says that no money moved
    PENDING = "pending"  # taken in, not final
    UNKNOWN = "unknown"  # may or may not have moved: query, never assume
    SUCCEEDED = "succeeded"
    RETURNED = "returned"  # a payout that had succeeded and came back (退票)
    REVERSED = "reversed"  # a payment that was undone (撤销 / 冲正)


class NextAction(StrEnum):
    """What may be done next: a closed set, so that a core can branch on it."""

    FIX_AND_RESUBMIT = "fix_and_resubmit"
    RETRY_SAME_ID = "retry_same_id"
    QUERY_THEN_DECIDE = "query_then_decide"
    NEW_ID_AFTER_CONFIRMED_FAILURE = "new_id_after_confirmed_failure"
    WAIT_FOR_NOTIFICATION = "wait_for_notification"
    AUTHENTICATE_PAYER = "authenticate_payer"
    OTHER_INSTRUMENT = "other_instrument"
    CONFIRM = "confirm"
    TOP_UP = "top_up"
    FAIL_OVER = "fail_over"
    FIX_CONFIGURATION = "fix_configuration"
    RECONCILE = "reconcile"
    ESCALATE = "escalate"
    STOP = "stop"  # nothing further is to be done with this order


class Category(StrEnum):
    """The drawer a canonical code lies in."""

    STATE = "state"  # a state of an order that is no trouble: paid, awaiting the payer, being processed
    REQUEST = "request"  # the request is wrong in form or content
    AUTHENTICATION = "authentication"  # signatures, certificates, keys, clocks
    PERMISSION = "permission"  # product, interface or account not permitted
    CONFIGURATION = "configuration"
    ORDER = "order"  # not found, closed, wrong state, original mismatch
    DUPLICATE = "duplicate"  # an id that was used before
    LIMIT = "limit"  # amounts, counts, windows of time
    FUNDS = "funds"  # not enough money somewhere
    PAYER = "payer"
    PAYEE = "payee"
    INSTRUMENT = "instrument"  # card, payment code, token
    RISK = "risk"
    RATE = "rate"  # called too often
    AVAILABILITY = "availability"  # the channel or a bank behind it is down or slow
    UNKNOWN = "unknown"  # nobody can say what happened
    VERIFICATION = "verification"  # an answer that cannot be believed
    BILL = "bill"
    BATCH = "batch"


class Party(StrEnum):
    """Who is at fault, and who must act."""

    CORE = "core"  # the payment core that calls this SDK, its code and configuration
    MERCHANT = "merchant"
    PAYER = "payer"
    PAYEE = "payee"
    CHANNEL = "channel"
    BANK = "bank"  # issuer, payee's bank, clearing bank behind the channel
    OPERATIONS = "operations"  # the people who run the core
    NOBODY = "nobody"


class Decline(StrEnum):
    """Technical declines speak of machines, business declines of the order; none is no decline."""

    NONE = "none"
    TECHNICAL = "technical"
    BUSINESS = "business"


class Severity(StrEnum):
    """How loudly operations should hear of it."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Disclosure(StrEnum):
    """What a payer may be told: a payer never learns that fraud rules refused him."""

    FULL = "full"
    GENERIC = "generic"
    WITHHELD = "withheld"


class Checked(StrEnum):
    """How well a row is known."""

    DOCUMENTED = "documented"  # an official page, a standard
    OBSERVED = "observed"  # seen in live answers or public code, not in an official table
    ASSUMED = "assumed"  # inferred: never says failed


class Basis(StrEnum):
    """What a reader of a row finds at its source: as ``checked``, and whether it is the channel's own page."""

    DOCUMENTED = "documented"  # at one of the official sites that the table names
    PUBLIC_COPY = "public_copy"  # documented, and read in a public copy that lies elsewhere
    OBSERVED = "observed"
    ASSUMED = "assumed"


QUERIES = frozenset({"query", "query_refund", "query_payout", "query_payout_batch", "balance", "bill", "certificates"})
"""Verbs that ask: a refusal of one never says anything of an order."""
WITHOUT_ORDER = frozenset({"balance", "bill", "certificates"})
"""Of these, the ones that are about no order."""
ABOUT_MONEY = frozenset(
    {
        "pay",
        "cancel",
        "refund",
        "payout",
        "confirm_payout",
        "cancel_payout",
        "payout_batch",
        "query",
        "query_refund",
        "query_payout",
        "query_payout_batch",
        "notification",
    }
)
"""Verbs whose effect speaks of money; a closing's speaks of the closing."""
VERBS = QUERIES | ABOUT_MONEY | {"close"}
"""What a row's operations may begin with."""

RowKind = Literal["code", "state"]
MeaningKind = Literal["code", "state", "unmapped", "own"]


@dataclass(frozen=True, slots=True)
class Outward:
    """A code under which a core may publish an outcome to its own merchants, with its HTTP status."""

    code: str
    http: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Canonical:
    """One meaning, named once and never reused."""

    code: str
    title_zh: str
    title_en: str
    category: Category
    fault: Party
    actor: Party
    decline: Decline
    counts_against_health: bool
    severity: Severity
    disclosure: Disclosure
    effect: Effect
    next_action: NextAction
    payer_zh: str
    payer_en: str
    merchant_zh: str
    merchant_en: str
    operator_zh: str
    operator_en: str
    outward: str
    since: str
    iso20022: tuple[str, ...] = ()  # "ExternalStatusReason1Code/AM04"
    field39: tuple[str, ...] = ()  # Q/CUP 006.6-2015, ISO 8583 field 39
    deprecated: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """A known message under one row: it explains, and changes neither code nor effect."""

    zh: str
    advice: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What one raw code or state of one channel means there.

    ``operations`` are the SDK's verbs, down to the product where it matters (``pay.native``); a bare verb covers
    its products and ``*`` covers everything. ``http`` empty covers every status. Seconds for the periods.
    ``sub_code`` None covers every sub-code, ``""`` only an answer that has none. ``code`` ``*`` covers every code, and
    then the sub-code is what the row knows.
    """

    channel: str
    kind: RowKind
    where: str
    code: str
    sub_code: str | None
    operations: tuple[str, ...]
    http: tuple[int, ...]
    canonical: str
    effect: Effect
    next_action: NextAction
    new_id_allowed: bool
    failover: bool
    retry_after: int | None
    quiet_period: int | None
    phase: str | None
    zh: str
    en: str
    source: str
    effect_source: str | None  # needed where the row says more than its canonical default
    checked: Checked
    basis: Basis
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Unused:
    """A collected code that belongs to no operation of the interface, and why."""

    channel: str
    api: str
    code: str
    reason_zh: str
    reason_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """A finished translation: everything a result needs to say about one raw code.

    ``kind`` is ``unmapped`` where no row matched (the effect is then unknown) and ``own`` where the SDK itself
    found the trouble and no channel code exists (a lost reply, an amount that differs).
    """

    channel: str
    operation: str
    where: str
    code: str
    sub_code: str | None
    http: int | None
    kind: MeaningKind
    canonical: str
    effect: Effect
    next_action: NextAction
    new_id_allowed: bool
    failover: bool
    retry_after: int | None
    quiet_period: int | None
    phase: str | None
    zh: str
    en: str
    source: str
    checked: Checked
    basis: Basis
    entry: Canonical
