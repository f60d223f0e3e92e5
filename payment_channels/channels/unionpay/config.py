"""One merchant's configuration at UnionPay: addresses, number, signing key, and whose certificates are believed."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SkipValidation, field_validator, model_validator

from payment_channels.model.record import Request, Secret
from payment_channels.model.refusals import ConfigurationError

PRODUCTION = "https://gateway.95516.com"
PRODUCTION_FILES = "https://filedownload.95516.com"
TEST = "https://gateway.test.95516.com"
TEST_FILES = "https://filedownload.test.95516.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SignMethod = Literal["01", "11", "12"]
Owner = Literal["production", "test"]


class UnionpayConfig(Request):
    """What is needed to speak for one merchant (accessType 0) in ACP 5.1.0.

    ``sign_method`` is 01 (RSA, by ``merchant_pfx`` with ``pfx_password``, or by a ``signer`` that holds the key elsewhere and
    whose ``key_id`` is the certificate's decimal serial number), 11 (SHA-256 with ``secure_key``) or 12 (SM3 with it).
    ``root_certs`` and ``middle_certs`` are PEM texts: a message of RSA is believed when its own certificate was issued by one of
    the middles, that by one of the roots, all are valid now, and the owner is UnionPay. ``certificate_owner`` says by which
    rule: ``production`` wants 中国银联股份有限公司 in the subject, ``test`` also takes 00040000:SIGN of the test environment.
    ``encrypt_cert`` is what card numbers are encrypted for; without one, or once it has expired, it is fetched, and then
    fetched again every day. ``legacy_certs`` are UnionPay's certificates of 5.0.0, by which old messages are verified; with
    none, 5.0.0 is never believed. ``base_url`` and ``file_url`` are origins: https, or http on loopback for a mock.
    """

    _refusal = ConfigurationError

    mer_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{15}$")]
    sign_method: SignMethod = "01"
    merchant_pfx: Annotated[bytes | None, Field(repr=False)] = None
    pfx_password: Secret | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    secure_key: Annotated[Secret, Field(min_length=1)] | None = None
    root_certs: tuple[str, ...] = Field(default=(), repr=False)
    middle_certs: tuple[str, ...] = Field(default=(), repr=False)
    certificate_owner: Owner = "production"
    encrypt_cert: Annotated[str | None, Field(repr=False)] = None
    legacy_certs: tuple[str, ...] = Field(default=(), repr=False)
    base_url: str = PRODUCTION
    file_url: str = PRODUCTION_FILES

    @field_validator("base_url", "file_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            reason = "https is required (http only on loopback, for a mock)"
            raise ValueError(reason)
        if not parts.hostname or parts.port == 0 or parts.path.strip("/") or parts.query or parts.username:
            reason = "an origin is required, such as https://gateway.95516.com"
            raise ValueError(reason)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _keys_of_the_method(self) -> Self:
        if self.sign_method != "01":
            if self.secure_key is None:
                reason = "sign_method 11 and 12 need secure_key"
                raise ValueError(reason)
            return self
        if (self.merchant_pfx is None) is (self.signer is None):
            reason = "sign_method 01 needs merchant_pfx or signer, one of them"
            raise ValueError(reason)
        if self.merchant_pfx is not None and self.pfx_password is None:
            reason = "merchant_pfx needs pfx_password"
            raise ValueError(reason)
        if not self.root_certs or not self.middle_certs:
            reason = "sign_method 01 needs root_certs and middle_certs, by which UnionPay's answers are verified"
            raise ValueError(reason)
        return self

    @classmethod
    def from_directory(
        cls,
        directory: str | Path,
        *,
        base_url: str = PRODUCTION,
        file_url: str | None = None,
        sign_method: SignMethod = "01",
        certificate_owner: Owner = "production",
        legacy: bool = False,
    ) -> Self:
        """Read ``channel.toml`` and the files beside it, in the layout that the mock server writes.

        Files come from UnionPay's file host in production and in its test environment; elsewhere from ``base_url`` itself,
        unless ``file_url`` says otherwise. ``legacy`` also believes messages of 5.0.0 by ``unionpay_cert.pem``.

        Raises:
            ConfigurationError: a file is missing or cannot be read.
        """
        folder = Path(directory)
        files = {PRODUCTION: PRODUCTION_FILES, TEST: TEST_FILES}.get(base_url.rstrip("/"), base_url)
        try:
            settings = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
            by_rsa = sign_method == "01"
            return cls(
                mer_id=settings["mer_id"],
                sign_method=sign_method,
                merchant_pfx=(folder / "merchant.pfx").read_bytes() if by_rsa else None,
                pfx_password=settings["pfx_password"] if by_rsa else None,
                secure_key=settings.get("secure_key") if by_rsa else settings["secure_key"],
                root_certs=(_text(folder, "root_cert.pem"),),
                middle_certs=(_text(folder, "middle_cert.pem"),),
                certificate_owner=certificate_owner,
                encrypt_cert=_text(folder, "encrypt_cert.pem"),
                legacy_certs=(_text(folder, "unionpay_cert.pem"),) if legacy else (),
                base_url=base_url,
                file_url=file_url or files,
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法从 {folder} 读取银联配置：{type(error).__name__} {error}",
                f"the UnionPay configuration in {folder} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")
