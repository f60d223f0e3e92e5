"""A bank's own core (行内核心) as a channel: its manifest and its table."""

from pathlib import Path

from payment_channels import Capability, Manifest, Resend, Verb

from .adapter import Corebank
from .config import CorebankConfig

TABLE = Path(__file__).with_name("corebank.toml")
_AGAIN = "corebank.example/doc/book: the same serial with the same content returns the entry that exists"
_PAYERS = frozenset({"personal_account", "corporate_account"})
MANIFEST = Manifest(
    name="corebank",
    title_zh="行内核心",
    title_en="Core bank",
    open=Corebank,
    configuration=CorebankConfig,
    capabilities={
        Verb.PAY: Capability(products=frozenset({"book"}), parties=_PAYERS, resend=Resend.SAME_CONTENT, source=_AGAIN),
        Verb.QUERY: Capability(products=frozenset({"book"})),
        Verb.CANCEL: Capability(products=frozenset({"book"}), resend=Resend.SAME_CONTENT, source=_AGAIN),
    },
)

Corebank.manifest = MANIFEST
