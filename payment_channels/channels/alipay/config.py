"""One merchant's configuration: endpoint, ids, keys or certificates. Immutable; secrets are never printed."""

import base64
import binascii
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SkipValidation, field_validator, model_validator

from payment_channels.codec.aes import KEY_BYTES
from payment_channels.model.record import Request, Secret
from payment_channels.model.refusals import ConfigurationError

PRODUCTION = "https://openapi.alipay.com"
SANDBOX = "https://openapi-sandbox.dl.alipaydev.com"
BILL_ORIGIN = "https://dwbillcenter.alipay.com"
"""Where bills are fetched from, by alipay/alipay-easysdk@0b0f31d7, test of downloadBill; https since ``secure`` is asked for."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UserId = Annotated[str, Field(pattern=r"^2088[0-9]{12}$")]


def is_origin(value: str) -> bool:
    """Say whether a text is an origin that may be talked to: https, or http on loopback, and nothing behind the port."""
    parts = urlsplit(value)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    return bool(secure and bare and parts.hostname and parts.port != 0)


class AlipayConfig(Request):
    """What is needed to speak for one application (应用) of one merchant.

    ``app_private_key`` is the application's private key, a PEM of PKCS#1 or PKCS#8; or ``signer`` is a ``Signer`` that holds it
    elsewhere (an HSM). Believed is either ``alipay_public_key`` (key mode, 公钥模式), or what the three certificates vouch for
    (certificate mode, 证书模式): ``app_cert``, ``alipay_cert`` and ``alipay_root_cert``, each a PEM text as downloaded.
    Payouts need certificate mode. ``aes_key`` (接口内容加密, base64 of AES) makes every request and answer encrypted.
    ``seller_id`` is the merchant's user id (PID): notifications for another one are refused, and the balance is asked by it.
    ``base_url`` is an origin: https, or http on loopback for a mock. Bills are fetched from it or from ``bill_origins``.
    """

    _refusal = ConfigurationError

    app_id: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]
    seller_id: UserId
    app_private_key: Secret | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    alipay_public_key: str | None = None
    app_cert: str | None = Field(default=None, repr=False)
    alipay_cert: str | None = Field(default=None, repr=False)
    alipay_root_cert: str | None = Field(default=None, repr=False)
    aes_key: Secret | None = None
    base_url: str = PRODUCTION
    bill_origins: tuple[str, ...] = (BILL_ORIGIN,)

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not is_origin(value):
            reason = f"an origin is required, such as {PRODUCTION} (http only on loopback, for a mock)"
            raise ValueError(reason)
        return value.rstrip("/")

    @field_validator("bill_origins")
    @classmethod
    def _bill_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(is_origin(value) for value in values):
            reason = f"origins are required, such as {BILL_ORIGIN} (http only on loopback, for a mock)"
            raise ValueError(reason)
        return tuple(value.rstrip("/") for value in values)

    @field_validator("aes_key")
    @classmethod
    def _aes(cls, value: str | None) -> str | None:
        try:
            fits = value is None or len(base64.b64decode(value, validate=True)) in KEY_BYTES
        except (binascii.Error, ValueError):
            fits = False
        if not fits:
            reason = "base64 of 16, 24 or 32 bytes is required"
            raise ValueError(reason)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.app_private_key is None) is (self.signer is None):
            reason = "give app_private_key or signer, one of them"
            raise ValueError(reason)
        certificates = [held is not None for held in (self.app_cert, self.alipay_cert, self.alipay_root_cert)]
        if any(certificates) is not all(certificates) or all(certificates) is (self.alipay_public_key is not None):
            reason = "give alipay_public_key, or app_cert, alipay_cert and alipay_root_cert, all three"
            raise ValueError(reason)
        return self

    @property
    def certificate_mode(self) -> bool:
        """Whether trust rests on certificates."""
        return self.app_cert is not None

    @classmethod
    def from_directory(
        cls,
        directory: str | Path,
        *,
        base_url: str = PRODUCTION,
        mode: Literal["certificate", "key"] = "certificate",
        encrypted: bool = False,
    ) -> Self:
        """Read ``channel.toml`` and the PEM files beside it, in the layout that the mock server writes.

        ``mode`` chooses what is believed; ``encrypted`` takes the AES key of ``channel.toml`` and encrypts contents.

        Raises:
            ConfigurationError: a file is missing or cannot be read.
        """
        folder = Path(directory)
        try:
            settings = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
            named = ("app_cert", "alipay_cert", "alipay_root_cert") if mode == "certificate" else ("alipay_public_key",)
            believed: dict[str, Any] = {name: _text(folder, name) for name in named}
            return cls(
                app_id=settings["app_id"],
                seller_id=settings["seller_id"],
                app_private_key=_text(folder, "app_private_key_pkcs8"),
                aes_key=settings["aes_key"] if encrypted else None,
                base_url=base_url,
                **believed,
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法从 {folder} 读取支付宝配置：{type(error).__name__} {error}",
                f"the Alipay configuration in {folder} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error


def _text(folder: Path, name: str) -> str:
    return (folder / f"{name}.pem").read_text(encoding="utf-8")
