"""One merchant's configuration at LianLian: addresses, number, signing key, and the key by which LianLian is believed."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SkipValidation, field_validator, model_validator

from payment_channels.model.record import Request, Secret
from payment_channels.model.refusals import ConfigurationError

PRODUCTION = "https://instantpay.lianlianpay.com"
PRODUCTION_ACCOUNTS = "https://traderapi.lianlianpay.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LianlianConfig(Request):
    """What is needed to speak for one merchant.

    ``oid_partner`` is the merchant's number, 18 digits. Requests are signed MD5withRSA by ``merchant_key`` (PEM), or by a
    ``signer`` that holds the key elsewhere and makes such signatures. ``lianlian_public_key`` (PEM) is LianLian's: answers and
    notifications are verified by it, and orders are encrypted for it. Payouts go to ``base_url``, the balance is asked of
    ``account_url``: origins, https, or http on loopback for a mock.
    """

    _refusal = ConfigurationError

    oid_partner: Annotated[str, Field(pattern=r"^[0-9]{18}$")]
    merchant_key: Annotated[Secret, Field(min_length=1)] | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    lianlian_public_key: Annotated[str, Field(repr=False)]
    base_url: str = PRODUCTION
    account_url: str = PRODUCTION_ACCOUNTS

    @field_validator("base_url", "account_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            reason = "https is required (http only on loopback, for a mock)"
            raise ValueError(reason)
        if not parts.hostname or parts.port == 0 or parts.path.strip("/") or parts.query or parts.username:
            reason = "an origin is required, such as https://instantpay.lianlianpay.com"
            raise ValueError(reason)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.merchant_key is None) is (self.signer is None):
            reason = "merchant_key or signer is needed, one of them"
            raise ValueError(reason)
        return self

    @classmethod
    def from_directory(cls, directory: str | Path, *, base_url: str = PRODUCTION, account_url: str | None = None) -> Self:
        """Read ``channel.toml`` and the keys beside it, in the layout that the mock server writes.

        In production the balance is asked of a host of its own; elsewhere of ``base_url``, unless ``account_url`` says otherwise.

        Raises:
            ConfigurationError: a file is missing or cannot be read.
        """
        folder = Path(directory)
        accounts = PRODUCTION_ACCOUNTS if base_url.rstrip("/") == PRODUCTION else base_url
        try:
            settings = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
            return cls(
                oid_partner=settings["oid_partner"],
                merchant_key=(folder / "merchant_key.pem").read_text(encoding="utf-8"),
                lianlian_public_key=(folder / "lianlian_public_key.pem").read_text(encoding="utf-8"),
                base_url=base_url,
                account_url=account_url or accounts,
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法从 {folder} 读取连连支付配置：{type(error).__name__} {error}",
                f"the LianLian configuration in {folder} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error
