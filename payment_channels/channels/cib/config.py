"""One customer's configuration at CIB's direct connection: the bank's proxy, the operator, the account that pays."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator

from payment_channels.channel.trusted_line import can_be_trusted
from payment_channels.channels.cib.fox import flaw_of
from payment_channels.model.record import AccountNumber, PersonName, Request, Secret
from payment_channels.model.refusals import ConfigurationError

SUPER_LIMIT = 50_000_00
"""超级网银 takes at most 50,000 yuan in this edition (V4.0.4); the network's limit has been raised since, so it may be set."""


class CibConfig(Request):
    """What is needed to speak for one customer and one of its accounts.

    ``trusted_line`` is the address of the bank's proxy (CSP) in the customer's own network. Its answers carry no signature:
    to name it here says that they are believed. It is https, or http to a loopback or private address written as a number.
    ``cid`` is the customer's number (10 digits), ``user_id`` and ``user_pass`` the operator's login, ``acct_id`` the account
    that pays and whose balance and statement are asked (18 digits), ``acct_name`` its name. ``mrch_no`` (8 letters and digits)
    is the number for 收付直通车; without one, payouts go by transfer alone. ``order_mrch_no`` (6) is the 商户代号 of the bank's
    e-commerce interfaces, whose orders can be refunded. ``super_limit`` is in fen.
    """

    _refusal = ConfigurationError

    trusted_line: str
    cid: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    user_id: Annotated[str, Field(min_length=1, max_length=64)]
    user_pass: Annotated[Secret, Field(min_length=1, max_length=64)]
    acct_id: Annotated[AccountNumber, Field(pattern=r"^[0-9]{18}$")]
    acct_name: Annotated[PersonName, Field(min_length=1, max_length=120)] | None = None
    mrch_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8}$")] | None = None
    order_mrch_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{6}$")] | None = None
    app_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")] = "XYFIB"
    app_version: Annotated[str, Field(pattern=r"^[0-9]{1,8}$")] = "1000"
    super_limit: Annotated[int, Field(gt=0)] = SUPER_LIMIT

    @field_validator("trusted_line")
    @classmethod
    def _line(cls, value: str) -> str:
        if not can_be_trusted(value) or "?" in value or "#" in value or not value.isascii():
            reason = "https, or http to a loopback or private address written as a number, such as http://127.0.0.1:8007"
            raise ValueError(reason)
        return value

    @field_validator("user_id", "user_pass", "acct_name")
    @classmethod
    def _sendable(cls, value: str | None) -> str | None:
        flaw = flaw_of(value) if value is not None else None
        if flaw:
            raise ValueError(flaw[1])
        return value

    @classmethod
    def from_directory(cls, directory: str | Path, *, trusted_line: str | None = None, base_url: None = None) -> Self:
        """Read ``channel.toml``, in the layout that the mock server writes. ``trusted_line`` is required, and has no default.

        ``base_url``, by which other channels are called, is refused: this address is believed, so it is called what it is.

        Raises:
            ConfigurationError: the line is not named, or the file is missing, cannot be read or cannot be used.
        """
        if trusted_line is None or base_url is not None:
            raise ConfigurationError.because(
                "兴业的应答不带签名，没有 base_url：请写 trusted_line（前置机地址，写下它即表示相信它的应答）",
                "CIB's answers are not signed, so there is no base_url: give trusted_line, the proxy's address, which says that "
                "what it answers is believed",
                field="trusted_line" if base_url is None else "base_url",
            )
        path = Path(directory) / "channel.toml"
        try:
            held = tomllib.loads(path.read_text(encoding="utf-8"))
            names = ("cid", "user_id", "user_pass", "acct_id")
            return cls(
                trusted_line=trusted_line,
                acct_name=held.get("acct_name"),
                mrch_no=held.get("mrch_no"),
                order_mrch_no=held.get("order_mrch_no"),
                **{name: held[name] for name in names},
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigurationError.because(
                f"无法读取 {path}：{type(error).__name__} {error}",
                f"{path} cannot be read: {type(error).__name__} {error}",
                field="directory",
            ) from error
