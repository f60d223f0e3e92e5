"""A few bank branches by name, for the query of 大额行号 (prcptcdquery.htm): head offices alone.

The numbers are those of the CITIC document (fdstar/BankEnterpriseDirectAttach@47dff4ac), the eight digits of LianLian are from
LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment.md; that LianLian's own query finds these under these names is assumed.
``city_code`` is not looked at: LianLian's city codes are in no table at hand.
"""

_HEAD_OFFICES: dict[str, tuple[str, str]] = {
    "01020000": ("102100099996", "中国工商银行"),
    "01030000": ("103100000026", "中国农业银行"),
    "01040000": ("104100000004", "中国银行"),
    "01050000": ("105100000017", "中国建设银行"),
    "03010000": ("301290000007", "交通银行"),
    "03030000": ("303100000006", "中国光大银行"),
    "03050000": ("305100000013", "中国民生银行"),
    "03060000": ("306581000003", "广发银行股份有限公司"),
    "03070000": ("307584007998", "平安银行"),
    "03080000": ("308584000013", "招商银行"),
}


def find(bank_code: str, part: str) -> list[tuple[str, str]]:
    """Return number and name of the branches of a bank whose name holds ``part``."""
    return [one for code, one in _HEAD_OFFICES.items() if code == bank_code and part in one[1]]
