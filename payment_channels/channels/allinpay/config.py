"""One merchant's configuration at Allinpay: VSP (收银宝) takes money, TLT (通联通) pays it out; each may be left out."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SkipValidation, model_validator

from payment_channels.model.record import Request, Secret
from payment_channels.model.refusals import ConfigurationError

VSP = "https://vsp.allinpay.com"
VSP_TEST = "https://test.allinpaygd.com"
TLT = "https://tlt.allinpay.com"
TLT_TEST = "https://113.108.182.3"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SignType = Literal["MD5", "RSA", "SM2"]


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        reason = "https is required (http only on loopback, for a mock)"
        raise ValueError(reason)
    if not parts.hostname or parts.port == 0 or parts.path.strip("/") or parts.query or parts.username:
        reason = "an origin is required, such as https://vsp.allinpay.com"
        raise ValueError(reason)
    return value.rstrip("/")


Origin = Annotated[str, AfterValidator(_origin)]


class VspConfig(Request):
    """What is needed to take money by 收银宝: ``cusid`` (商户号), ``appid``, and the keys of ``sign_type``.

    RSA takes ``private_key`` and Allinpay's ``platform_key``, PEM texts or the bare base64 that Allinpay hands out. SM2 takes
    ``private_key`` as 64 hex digits, its ``public_key``, and ``platform_key``, as hex of the point or base64 of
    SubjectPublicKeyInfo. MD5 takes ``md5_key``, which signs and verifies. A ``signer`` may stand for ``private_key`` (an HSM):
    it returns the raw signature, SHA1withRSA of RSA, r||s with the appid as user id of SM2. ``base_url`` and
    ``file_origins`` (where signed answers may send us for bills) are origins: https, or http on loopback for a mock.
    """

    _refusal = ConfigurationError

    cusid: Annotated[str, Field(pattern=r"^[0-9A-Z]{15}$")]
    appid: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8}$")]
    sign_type: SignType = "RSA"
    md5_key: Annotated[Secret, Field(min_length=1)] | None = None
    private_key: Secret | None = None
    public_key: str | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    platform_key: Annotated[str | None, Field(repr=False)] = None
    base_url: Origin = VSP
    file_origins: tuple[Origin, ...] = ()

    @model_validator(mode="after")
    def _keys_of_the_kind(self) -> Self:
        if self.sign_type == "MD5":
            if self.md5_key is None:
                reason = "sign_type MD5 needs md5_key"
                raise ValueError(reason)
            return self
        if (self.private_key is None) is (self.signer is None):
            reason = f"sign_type {self.sign_type} needs private_key or signer, one of them"
            raise ValueError(reason)
        if self.platform_key is None:
            reason = f"sign_type {self.sign_type} needs platform_key, Allinpay's public key, by which its answers are verified"
            raise ValueError(reason)
        if self.sign_type == "SM2" and self.private_key is not None and self.public_key is None:
            reason = "an SM2 private_key needs its public_key, which is signed along"
            raise ValueError(reason)
        return self


class TltConfig(Request):
    """What is needed to pay out by 通联通: ``merchant_id``, ``user_name`` and the merchant's certificate with its key.

    The key is ``merchant_pfx`` with ``pfx_password``, or a ``signer`` (an HSM, SHA1withRSA). ``platform_cert`` is Allinpay's
    certificate or public key (PEM). ``user_pass`` is sent where it is given; the current document says that nobody checks it.
    ``business_code`` says what the payouts are for, as agreed with Allinpay. ``union_bank_required`` refuses a company's
    account without its 联行号 before sending: practice demands it, no document that could be read does. ``bank_codes`` are
    Allinpay's codes of banks (BANK_CODE) by the first three digits of their 联行号, from the list that Allinpay hands out
    (``{"102" = "0102"}``): an order that names its bank by the 联行号 alone is completed from it.
    """

    _refusal = ConfigurationError

    merchant_id: Annotated[str, Field(pattern=r"^[0-9A-Z]{15}$")]
    user_name: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,20}$")]
    user_pass: Secret | None = None
    merchant_pfx: Annotated[bytes | None, Field(repr=False)] = None
    pfx_password: Secret | None = None
    signer: Annotated[Any, SkipValidation] = Field(default=None, repr=False, exclude=True)
    platform_cert: Annotated[str, Field(repr=False)]
    business_code: Annotated[str, Field(pattern=r"^[0-9]{5}$")] = "09900"
    union_bank_required: bool = True
    bank_codes: Mapping[Annotated[str, Field(pattern=r"^[0-9]{3}$")], Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]] = Field(
        default_factory=dict
    )
    base_url: Origin = TLT

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.merchant_pfx is None) is (self.signer is None):
            reason = "merchant_pfx or signer is needed, one of them"
            raise ValueError(reason)
        if self.merchant_pfx is not None and self.pfx_password is None:
            reason = "merchant_pfx needs pfx_password"
            raise ValueError(reason)
        return self


class AllinpayConfig(Request):
    """Both halves of Allinpay, or one of them: a verb whose half is missing is refused before sending."""

    _refusal = ConfigurationError

    vsp: VspConfig | None = None
    tlt: TltConfig | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.vsp is None and self.tlt is None:
            reason = "give vsp (to take money), tlt (to pay out), or both"
            raise ValueError(reason)
        return self

    @classmethod
    def from_directory(
        cls, directory: str | Path, *, base_url: str = VSP, tlt_url: str | None = None, sign_type: SignType = "RSA"
    ) -> Self:
        """Read ``channel.toml`` (which names one half or both) and the files beside it, as the mock server writes them.

        Payouts go to Allinpay's other host in production and in its test environment; elsewhere to ``base_url`` itself, unless
        ``tlt_url`` says otherwise.

        Raises:
            ConfigurationError: a file is missing or cannot be read.
        """
        folder = Path(directory)
        payouts = tlt_url or {VSP: TLT, VSP_TEST: TLT_TEST}.get(base_url.rstrip("/"), base_url)
        try:
            settings = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
            taking, paying = "cusid" in settings, "merchant_id" in settings
            return cls(
                vsp=VspConfig(**_vsp(folder, settings, sign_type), base_url=base_url) if taking else None,
                tlt=TltConfig(**_tlt(folder, settings), base_url=payouts) if paying else None,
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法从 {folder} 读取通联配置：{type(error).__name__} {error}",
                f"the Allinpay configuration in {folder} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error


def _vsp(folder: Path, settings: dict[str, Any], sign_type: SignType) -> dict[str, Any]:
    given: dict[str, Any] = {"cusid": settings["cusid"], "appid": settings["appid"], "sign_type": sign_type}
    if sign_type == "MD5":
        return {**given, "md5_key": settings["md5_key"]}
    if sign_type == "RSA":
        return {
            **given,
            "private_key": _text(folder, "vsp_merchant_key.pem"),
            "platform_key": _text(folder, "vsp_platform_public_key.pem"),
        }
    return {
        **given,
        "private_key": _text(folder, "vsp_merchant_sm2_private.hex"),
        "public_key": _text(folder, "vsp_merchant_sm2_public.hex"),
        "platform_key": _text(folder, "vsp_platform_sm2_public.hex"),
    }


def _tlt(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "merchant_id": settings["merchant_id"],
        "user_name": settings["user_name"],
        "user_pass": settings.get("user_pass"),
        "merchant_pfx": (folder / "tlt_merchant.p12").read_bytes(),
        "pfx_password": settings["p12_password"],
        "platform_cert": _text(folder, "tlt_platform_cert.pem"),
    }


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")
