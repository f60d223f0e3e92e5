"""The only door to the network: drivers that run an exchange, and the transports that carry its calls."""

from payment_channels.transport.drive import AsyncTransport, Transport, adrive, drive
from payment_channels.transport.http import AsyncHttpTransport, HttpTransport

__all__ = ["AsyncHttpTransport", "AsyncTransport", "HttpTransport", "Transport", "adrive", "drive"]
