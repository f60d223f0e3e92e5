"""TeaPay, an invented channel: the worked example of "write an adapter". Its manifest and its table."""

from pathlib import Path

from payment_channels import Capability, Manifest, Resend, Verb

from .adapter import TeaPay
from .config import TeaPayConfig

TABLE = Path(__file__).with_name("teapay.toml")
MANIFEST = Manifest(
    name="teapay",
    title_zh="茶付",
    title_en="TeaPay",
    open=TeaPay,
    configuration=TeaPayConfig,
    capabilities={
        Verb.PAY: Capability(
            products=frozenset({"qr"}),
            resend=Resend.SAME_CONTENT,
            source="teapay.example/doc/orders: the same order_no with the same content returns the order that exists",
        ),
        Verb.QUERY: Capability(products=frozenset({"qr"})),
    },
)

TeaPay.manifest = MANIFEST
