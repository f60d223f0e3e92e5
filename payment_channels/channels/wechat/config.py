"""One merchant's configuration: endpoint, ids, keys. Immutable; secrets are never printed."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SkipValidation, field_validator, model_validator

from payment_channels.model.record import Request, Secret
from payment_channels.model.refusals import ConfigurationError

PRODUCTION = "https://api.mch.weixin.qq.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class PlatformCertificate(Request):
    """A WeChat Pay platform certificate (平台证书), by its serial number."""

    kind: Literal["certificate"] = "certificate"
    pem: str


class PlatformPublicKey(Request):
    """A WeChat Pay public key (微信支付公钥) and its id, as the merchant platform shows them."""

    kind: Literal["public_key"] = "public_key"
    key_id: Annotated[str, Field(pattern=r"^PUB_KEY_ID_\w+$")]
    pem: str


PlatformKey = Annotated[PlatformCertificate | PlatformPublicKey, Field(discriminator="kind")]


class WechatConfig(Request):
    """What is needed to speak for one merchant (直连商户), or for a service provider (服务商).

    ``merchant_key`` is the PEM of the merchant API certificate's private key; or ``signer`` is a ``Signer`` that holds the
    key elsewhere (an HSM), whose ``key_id`` is the certificate's serial number. ``platform_keys`` lists every key whose
    signature is believed; the first one is asked for, so put the new one first during a change-over. With none, platform
    certificates are downloaded, cached and rotated; with public keys alone, nothing is ever downloaded.
    ``service_provider`` makes ``mchid`` and ``appid`` the provider's own; each order then names its ``sub_merchant``.
    ``apiv2_key`` is needed for payment codes (付款码), which are a v2 product. ``base_url`` is an origin: https, or http
    on loopback for a mock.
    """

    _refusal = ConfigurationError

    mchid: Annotated[str, Field(min_length=1, max_length=32)]
    appid: Annotated[str, Field(min_length=1, max_length=32)]
    merchant_serial_no: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,40}$")]
    merchant_key: Secret | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    apiv3_key: Annotated[Secret, Field(min_length=32, max_length=32)]
    platform_keys: tuple[PlatformKey, ...] = ()
    service_provider: bool = False
    sub_appid: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    apiv2_key: Annotated[Secret, Field(min_length=32, max_length=32)] | None = None
    apiv2_sign_type: Literal["HMAC-SHA256", "MD5"] = "HMAC-SHA256"
    base_url: str = PRODUCTION

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            reason = "https is required (http only on loopback, for a mock)"
            raise ValueError(reason)
        if not parts.hostname or parts.port == 0 or parts.path.strip("/") or parts.query or parts.username:
            reason = "an origin is required, such as https://api.mch.weixin.qq.com"
            raise ValueError(reason)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.merchant_key is None) is (self.signer is None):
            reason = "give merchant_key or signer, one of them"
            raise ValueError(reason)
        return self

    @property
    def downloads_certificates(self) -> bool:
        """Whether platform certificates may be fetched: not by a merchant who has public keys alone."""
        return not self.platform_keys or any(isinstance(key, PlatformCertificate) for key in self.platform_keys)

    @classmethod
    def from_directory(
        cls,
        directory: str | Path,
        *,
        base_url: str = PRODUCTION,
        trust: Literal["public_key", "certificate", "both", "download"] = "both",
    ) -> Self:
        """Read ``channel.toml`` and the PEM files beside it, in the layout that the mock server writes.

        ``trust`` says which platform keys are believed; ``download`` takes none from the folder and fetches certificates.

        Raises:
            ConfigurationError: a file is missing or cannot be read.
        """
        folder = Path(directory)
        try:
            settings = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
            keys: list[PlatformCertificate | PlatformPublicKey] = []
            if trust in {"public_key", "both"}:
                public = (folder / "wechatpay_public_key.pem").read_text(encoding="utf-8")
                keys.append(PlatformPublicKey(key_id=settings["public_key_id"], pem=public))
            if trust in {"certificate", "both"}:
                keys.append(PlatformCertificate(pem=(folder / "platform_cert.pem").read_text(encoding="utf-8")))
            return cls(
                mchid=settings["mchid"],
                appid=settings["appid"],
                merchant_serial_no=settings["merchant_serial_no"],
                merchant_key=(folder / "merchant_key.pem").read_text(encoding="utf-8"),
                apiv3_key=settings["apiv3_key"],
                platform_keys=tuple(keys),
                apiv2_key=settings.get("apiv2_key"),
                base_url=base_url,
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法从 {folder} 读取微信支付配置：{type(error).__name__} {error}",
                f"the WeChat Pay configuration in {folder} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error
