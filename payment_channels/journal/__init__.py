"""Durable orders: written before the wire, resolved when unknown, and shown with their evidence."""

from payment_channels.journal.client import DurableClient
from payment_channels.journal.folding import State
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey, OrderRecord
from payment_channels.journal.sealing import KeyRing
from payment_channels.journal.sqlite import SqliteStore

__all__ = ["DurableClient", "Journal", "KeyRing", "OrderKey", "OrderRecord", "SqliteStore", "State"]
