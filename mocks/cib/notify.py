"""CIB's balance-change notices (3.22): a row that was booked, posted to whoever the control plane names.

The document shows the message and nothing else: how it travels, how it is acknowledged and whether it comes again is not
described. Here it is one POST of GBK XML, taken by any 2xx and never repeated: assumed. Its sample contradicts its own table of
fields (``2017年10月23日    16:22`` and ``借`` for ``yyyy-MM-dd hh:mm:ss`` and ``0``), so both styles can be asked for.
"""

from mocks.cib.accounts import DEBIT, Account, Entry
from mocks.cib.messages import TYPE, group, maybe, second, tag, yuan
from mocks.clock import Clock
from mocks.notices import Notices

STYLES = ("table", "sample")


class Herald:
    """Puts the notices in waiting, once somebody wants them."""

    def __init__(self, clock: Clock) -> None:
        """Start with nobody to tell."""
        self.notices = Notices(clock, "cib")
        self.url: str | None = None
        self.style = STYLES[0]

    def booked(self, account: Account, entry: Entry) -> None:
        """Tell of a row."""
        if self.url is None:
            return
        body = notice(account, entry, self.style)
        self.notices.add(f"balance.{entry.kind.lower()}", entry.cause.about, self.url, lambda: ({"Content-Type": TYPE}, body), ())


def notice(account: Account, entry: Entry, style: str) -> bytes:
    """Return the message of a row; BALAMT is what is available."""
    sample = style == "sample"
    when = f"{entry.at:%Y年%m月%d日}    {entry.at:%H:%M}" if sample else second(entry.at)
    kinds = ("借", "贷") if sample else ("0", "1")
    content = group(
        "NOTICE_INFO",
        tag("ACCTID", account.acct_id),
        tag("ACCT_NAME", account.name),
        tag("TRADE_TIME", when),
        tag("TRNTYPE", kinds[entry.kind != DEBIT]),
        maybe("MEMO", entry.cause.summary),
        tag("TRNAMT", yuan(entry.amount)),
        tag("BALAMT", yuan(account.available)),
        tag("ATTACHINFO", entry.row_id),
    )
    text = '<?xml version="1.0" encoding="GBK"?>\n' + group("BALANCECHANGENOTICE", content)
    return text.encode("gbk", "xmlcharrefreplace")
