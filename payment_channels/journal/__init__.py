"""Durable orders: written before the wire, resolved when unknown, and shown with their evidence."""

from payment_channels.journal.billed import BillFinding, BillLine, take_bill
from payment_channels.journal.client import AsyncDurableClient, DurableClient
from payment_channels.journal.folding import State
from payment_channels.journal.inbox import AsyncInbox, Inbox
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import EventRecord, NoticeRecord, OrderKey, OrderRecord
from payment_channels.journal.resealing import reseal
from payment_channels.journal.resolver import AsyncResolver, Resolver
from payment_channels.journal.schedules import Schedules
from payment_channels.journal.sealing import KeyRing
from payment_channels.journal.sqlite import SqliteStore
from payment_channels.journal.store import JournalUnavailableError, Store

__all__ = [
    "AsyncDurableClient",
    "AsyncInbox",
    "AsyncResolver",
    "BillFinding",
    "BillLine",
    "DurableClient",
    "EventRecord",
    "Inbox",
    "Journal",
    "JournalUnavailableError",
    "KeyRing",
    "NoticeRecord",
    "OrderKey",
    "OrderRecord",
    "Resolver",
    "Schedules",
    "SqliteStore",
    "State",
    "Store",
    "reseal",
    "take_bill",
]
