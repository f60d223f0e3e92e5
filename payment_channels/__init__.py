"""The front door: names only. Each is loaded when it is first used, so importing the package is cheap."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from error_codes import Meaning as Meaning
    from payment_channels.channel import Authenticity as Authenticity
    from payment_channels.channel import Capability as Capability
    from payment_channels.channel import Channel as Channel
    from payment_channels.channel import Event as Event
    from payment_channels.channel import Exchange as Exchange
    from payment_channels.channel import HttpCall as HttpCall
    from payment_channels.channel import HttpReply as HttpReply
    from payment_channels.channel import Manifest as Manifest
    from payment_channels.channel import Notice as Notice
    from payment_channels.channel import Reading as Reading
    from payment_channels.channel import Resend as Resend
    from payment_channels.channel import TransportFailure as TransportFailure
    from payment_channels.channel import Verb as Verb
    from payment_channels.client import AsyncChannelClient as AsyncChannelClient
    from payment_channels.client import ChannelClient as ChannelClient
    from payment_channels.model.bills import BillRow as BillRow
    from payment_channels.model.bills import BillRowKind as BillRowKind
    from payment_channels.model.bills import BillStatus as BillStatus
    from payment_channels.model.incoming import Acknowledgement as Acknowledgement
    from payment_channels.model.incoming import EventKind as EventKind
    from payment_channels.model.incoming import Inbound as Inbound
    from payment_channels.model.incoming import Problem as Problem
    from payment_channels.model.incoming import Verdict as Verdict
    from payment_channels.model.money import Money as Money
    from payment_channels.model.orders import CancelOrder as CancelOrder
    from payment_channels.model.orders import CancelPayoutOrder as CancelPayoutOrder
    from payment_channels.model.orders import CloseOrder as CloseOrder
    from payment_channels.model.orders import ConfirmPayoutOrder as ConfirmPayoutOrder
    from payment_channels.model.orders import OriginalPayment as OriginalPayment
    from payment_channels.model.orders import PaymentOrder as PaymentOrder
    from payment_channels.model.orders import PayoutBatchOrder as PayoutBatchOrder
    from payment_channels.model.orders import PayoutOrder as PayoutOrder
    from payment_channels.model.orders import RefundOrder as RefundOrder
    from payment_channels.model.orders import Speed as Speed
    from payment_channels.model.parties import AccountKind as AccountKind
    from payment_channels.model.parties import CorporateAccount as CorporateAccount
    from payment_channels.model.parties import PaymentCode as PaymentCode
    from payment_channels.model.parties import PersonalAccount as PersonalAccount
    from payment_channels.model.parties import Wallet as Wallet
    from payment_channels.model.parties import WalletIdKind as WalletIdKind
    from payment_channels.model.payer_actions import HandOver as HandOver
    from payment_channels.model.payer_actions import InvokeClient as InvokeClient
    from payment_channels.model.payer_actions import PayerAction as PayerAction
    from payment_channels.model.payer_actions import Redirect as Redirect
    from payment_channels.model.payer_actions import ShowQrCode as ShowQrCode
    from payment_channels.model.payer_actions import SubmitForm as SubmitForm
    from payment_channels.model.prepared import Prepared as Prepared
    from payment_channels.model.queries import BalanceQuery as BalanceQuery
    from payment_channels.model.queries import BillQuery as BillQuery
    from payment_channels.model.queries import PaymentQuery as PaymentQuery
    from payment_channels.model.queries import PayoutBatchQuery as PayoutBatchQuery
    from payment_channels.model.queries import PayoutQuery as PayoutQuery
    from payment_channels.model.queries import RefundQuery as RefundQuery
    from payment_channels.model.refusals import ConfigurationError as ConfigurationError
    from payment_channels.model.refusals import InvalidRequestError as InvalidRequestError
    from payment_channels.model.refusals import NotSentError as NotSentError
    from payment_channels.model.refusals import NotSupportedError as NotSupportedError
    from payment_channels.model.refusals import PaymentChannelError as PaymentChannelError
    from payment_channels.model.refusals import RefusedError as RefusedError
    from payment_channels.model.results import AccountEntryFacts as AccountEntryFacts
    from payment_channels.model.results import Amounts as Amounts
    from payment_channels.model.results import Balance as Balance
    from payment_channels.model.results import BalanceResult as BalanceResult
    from payment_channels.model.results import BillResult as BillResult
    from payment_channels.model.results import CancelResult as CancelResult
    from payment_channels.model.results import CloseResult as CloseResult
    from payment_channels.model.results import Evidence as Evidence
    from payment_channels.model.results import EvidenceKind as EvidenceKind
    from payment_channels.model.results import Outcome as Outcome
    from payment_channels.model.results import PaymentResult as PaymentResult
    from payment_channels.model.results import PayoutBatchResult as PayoutBatchResult
    from payment_channels.model.results import PayoutResult as PayoutResult
    from payment_channels.model.results import Phase as Phase
    from payment_channels.model.results import RawCode as RawCode
    from payment_channels.model.results import RefundResult as RefundResult
    from payment_channels.model.results import Result as Result
    from payment_channels.model.results import Return as Return
    from payment_channels.registry import channel_names as channel_names
    from payment_channels.registry import manifest as manifest
    from payment_channels.registry import open_channel as open_channel

_ROOMS = {
    "error_codes": "Meaning",
    "payment_channels.channel": (
        "Authenticity Capability Channel Event Exchange HttpCall HttpReply Manifest Notice Reading Resend TransportFailure Verb"
    ),
    "payment_channels.client": "AsyncChannelClient ChannelClient",
    "payment_channels.model.bills": "BillRow BillRowKind BillStatus",
    "payment_channels.model.incoming": "Acknowledgement EventKind Inbound Problem Verdict",
    "payment_channels.model.money": "Money",
    "payment_channels.model.orders": (
        "CancelOrder CancelPayoutOrder CloseOrder ConfirmPayoutOrder OriginalPayment PaymentOrder "
        "PayoutBatchOrder PayoutOrder RefundOrder Speed"
    ),
    "payment_channels.model.parties": "AccountKind CorporateAccount PaymentCode PersonalAccount Wallet WalletIdKind",
    "payment_channels.model.payer_actions": "HandOver InvokeClient PayerAction Redirect ShowQrCode SubmitForm",
    "payment_channels.model.prepared": "Prepared",
    "payment_channels.model.queries": "BalanceQuery BillQuery PaymentQuery PayoutBatchQuery PayoutQuery RefundQuery",
    "payment_channels.model.refusals": (
        "ConfigurationError InvalidRequestError NotSentError NotSupportedError PaymentChannelError RefusedError"
    ),
    "payment_channels.model.results": (
        "AccountEntryFacts Amounts Balance BalanceResult BillResult CancelResult CloseResult Evidence EvidenceKind Outcome "
        "PaymentResult PayoutBatchResult PayoutResult Phase RawCode RefundResult Result Return"
    ),
    "payment_channels.registry": "channel_names manifest open_channel",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__version__ = "0.1.0"
__all__ = sorted([*_WHERE, "__version__"])  # noqa: PLE0605  a table is the one place that names them


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    room = _WHERE.get(name)
    if room is None:
        reason = f"payment_channels has no {name}"
        raise AttributeError(reason)
    value = getattr(import_module(room), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
