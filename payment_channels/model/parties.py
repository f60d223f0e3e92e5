"""Who pays and who is paid: personal accounts (对私), corporate accounts (对公), wallets, and a payment code at a till."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from payment_channels.model.record import AccountNumber, PersonName, Request, Secret


class AccountKind(StrEnum):
    """What a personal account is drawn on."""

    DEBIT_CARD = "debit_card"
    CREDIT_CARD = "credit_card"
    PASSBOOK = "passbook"


class WalletIdKind(StrEnum):
    """Whose naming a wallet id follows."""

    OPEN_ID = "open_id"  # an id of the payer within one app (微信 openid、支付宝 open_id)
    SUB_OPEN_ID = "sub_open_id"  # within the sub-merchant's app, where a service provider asks
    USER_ID = "user_id"  # the channel's own user number (支付宝 user_id)
    LOGIN_ID = "login_id"  # e-mail or mobile number


class BankAccount(Request):
    """What personal and corporate accounts have in common."""

    account_no: Annotated[AccountNumber, Field(min_length=1, max_length=64)]
    name: Annotated[PersonName, Field(min_length=1, max_length=256)]
    bank_code: str | None = None  # the channel's or network's own code of the bank
    bank_name: str | None = None
    cnaps_code: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None  # 联行号 / 大额行号 of the branch
    branch_name: str | None = None
    province: str | None = None
    city: str | None = None  # name or code, as the channel's page says


class PersonalAccount(BankAccount):
    """A natural person's bank account (对私)."""

    kind: Literal["personal_account"] = "personal_account"
    account_kind: AccountKind = AccountKind.DEBIT_CARD
    id_type: str | None = None
    id_no: Secret | None = None
    mobile: Secret | None = None


class CorporateAccount(BankAccount):
    """A company's bank account (对公). Which of its fields a channel demands, the channel's page says."""

    kind: Literal["corporate_account"] = "corporate_account"


class Wallet(Request):
    """An account within a wallet (微信零钱, 支付宝)."""

    kind: Literal["wallet"] = "wallet"
    wallet_id: Annotated[str, Field(min_length=1, max_length=128)]
    id_kind: WalletIdKind = WalletIdKind.OPEN_ID
    name: PersonName | None = None  # the real name, where the channel checks it


class PaymentCode(Request):
    """The code that a payer shows at a till (付款码); good for one order."""

    kind: Literal["payment_code"] = "payment_code"
    code: Annotated[Secret, Field(min_length=1, max_length=128)]


Payee = Annotated[PersonalAccount | CorporateAccount | Wallet, Field(discriminator="kind")]
Payer = Annotated[PersonalAccount | CorporateAccount | Wallet | PaymentCode, Field(discriminator="kind")]
