"""THE stable interface between a payment core and any channel: verbs, exchanges, readings, and the rule of unknown."""

from payment_channels.channel.capability import Capability, Manifest, Resend
from payment_channels.channel.ending import Ending, Trail
from payment_channels.channel.event import Event, Notice
from payment_channels.channel.interface import Channel
from payment_channels.channel.perform import perform
from payment_channels.channel.reading import Authenticity, Reading
from payment_channels.channel.settle import settle
from payment_channels.channel.verbs import RULES, Verb
from payment_channels.channel.wire import (
    Decryptor,
    Exchange,
    HttpCall,
    HttpReply,
    Signer,
    TransportFailure,
    Verifier,
    Work,
    fetch,
    work_with,
)

__all__ = [
    "RULES",
    "Authenticity",
    "Capability",
    "Channel",
    "Decryptor",
    "Ending",
    "Event",
    "Exchange",
    "HttpCall",
    "HttpReply",
    "Manifest",
    "Notice",
    "Reading",
    "Resend",
    "Signer",
    "Trail",
    "TransportFailure",
    "Verb",
    "Verifier",
    "Work",
    "fetch",
    "perform",
    "settle",
    "work_with",
]
