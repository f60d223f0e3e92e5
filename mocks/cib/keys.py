"""What the CIB mock and its clients share: nothing is signed between client and proxy, so it is one ``channel.toml``.

The proxy holds the certificate and signs towards the bank. ``enable_sign`` is its setting EnableSign: YES ("yes") means that no
person has to approve a transfer in the corporate e-bank, and with "no" every transfer waits in AUDITING.
"""

import re
import secrets
import string
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from mocks.keyfiles import KeysRefusedError, no_access, no_toml, replace

_FORMS = {
    "cid": r"[0-9]{10}",
    "user_id": r"[!-%'-;=?-~]{1,30}",  # printable ASCII without < > &
    "user_pass": r"[!-%'-;=?-~]{1,30}",
    "acct_id": r"[0-9]{18}",
    "acct_name": r"[^<>&\x00-\x1f]{1,60}",
    "opening_balance": r"[0-9]{1,15}\.[0-9]{2}",
    "mrch_no": r"[0-9A-Za-z]{8}",
    "order_mrch_no": r"[0-9A-Za-z]{6}",
    "enable_sign": r"yes|no",
}


@dataclass(frozen=True, slots=True)
class CibKeys:
    """Everything both ends need. ``opening_balance`` is in fen."""

    cid: str
    user_id: str
    user_pass: str = field(repr=False)
    acct_id: str
    acct_name: str
    opening_balance: int
    mrch_no: str
    order_mrch_no: str
    enable_sign: bool = True


def load(folder: Path) -> CibKeys:
    """Read ``folder``; what is missing is made, and nothing there is changed.

    Raises:
        KeysRefusedError: something there cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = _channel_toml(folder / "channel.toml")
    except OSError as error:
        raise no_access(folder, error) from error
    return CibKeys(
        cid=facts["cid"],
        user_id=facts["user_id"],
        user_pass=facts["user_pass"],
        acct_id=facts["acct_id"],
        acct_name=facts["acct_name"],
        opening_balance=int(facts["opening_balance"].replace(".", "")),
        mrch_no=facts["mrch_no"],
        order_mrch_no=facts["order_mrch_no"],
        enable_sign=facts["enable_sign"] == "yes",
    )


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def _channel_toml(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    fitting = {  # numbers as the document's test customers have them
        "cid": f"11{_digits(8)}",
        "user_id": "mock",
        "user_pass": "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12)),
        "acct_id": f"117010100100{_digits(6)}",
        "acct_name": "银企直联测试公司",
        "opening_balance": "1000000.00",
        "mrch_no": f"P{_digits(7)}",
        "order_mrch_no": f"11{_digits(4)}",
        "enable_sign": "yes",
    }
    facts = {name: found.get(name, value) for name, value in fitting.items()}
    for name, value in facts.items():
        if not isinstance(value, str) or not re.fullmatch(_FORMS[name], value):
            form, example = _FORMS[name], fitting[name]
            raise KeysRefusedError(
                f'{path}：{name} 应为带引号的文本，形如 {form}，例如 "{example}"',
                f'{path}: {name} should be a text in quotes of the form {form}, as "{example}"',
            )
    missing = "".join(f'{name} = "{value}"\n' for name, value in fitting.items() if name not in found)
    if missing:  # above what is there: below it, they might fall into one of its tables
        replace(path, missing + text)
    return facts
