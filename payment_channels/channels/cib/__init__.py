"""CIB (兴业银行) bank-enterprise direct connection (银企直联), FOX XML: the channel's manifest."""

from payment_channels.channel import Capability, Manifest, Resend, Verb
from payment_channels.channels.cib.adapter import Cib
from payment_channels.channels.cib.config import CibConfig

__all__ = ["MANIFEST", "Cib", "CibConfig"]

_DOCUMENT = (
    "https://github.com/fdstar/BankEnterpriseDirectAttach/blob/47dff4acb51250cd78cb09461357337cee2b87ff/"
    "doc/兴业银行/银企直联接口说明文档%28标准版V4.0.4%29.docx"
)

_PARTIES = frozenset({"personal_account", "corporate_account"})
_LINE_FIELDS = frozenset({"INTERBANK", "MRCHNAME"})

MANIFEST = Manifest(
    name="cib",
    title_zh="兴业银行银企直联",
    title_en="CIB direct connection",
    open=Cib,
    configuration=CibConfig,
    capabilities={
        Verb.PAYOUT: Capability(
            parties=_PARTIES,
            fields=frozenset({"interface", "INTERBANK", "LOCAL", "MRCHNAME"}),
            resend=Resend.SAME_CONTENT,
            source=_DOCUMENT,
            note_zh="转账、快速转账或收付直通车代付；同一 TRNUID 重发不再执行，返回已存结果。跨行实时走超级网银。",
            note_en=(
                "By transfer, 快速转账 or 收付直通车. The same TRNUID sent again is not carried out again: its result comes. "
                "Real time to another bank goes by 超级网银."
            ),
        ),
        Verb.QUERY_PAYOUT: Capability(
            note_zh="按 TRNUID；15 分钟后（收付直通车 10 分钟后）。",
            note_en="By TRNUID, after 15 minutes (10 by 收付直通车).",
        ),
        Verb.PAYOUT_BATCH: Capability(
            parties=_PARTIES,
            fields=_LINE_FIELDS,
            resend=Resend.SAME_CONTENT,
            source=_DOCUMENT,
            note_zh="异步批量代付，每批不超过 100 笔，30 分钟后查询。",
            note_en="At most 100 lines, processed later: query after 30 minutes.",
        ),
        Verb.QUERY_PAYOUT_BATCH: Capability(parties=_PARTIES, fields=_LINE_FIELDS),
        Verb.REFUND: Capability(
            resend=Resend.SAME_CONTENT,
            source=_DOCUMENT,
            note_zh="商户单笔退款：付款人在网上支付付给 order_mrch_no 的订单；同一 TRNUID 重发返回已存结果。",
            note_en=(
                "Of orders that payers paid to order_mrch_no by the bank's e-commerce interfaces. The same TRNUID sent again: "
                "the stored result comes back."
            ),
        ),
        Verb.QUERY_REFUND: Capability(note_zh="按 TRNUID。", note_en="By TRNUID."),
        Verb.BALANCE: Capability(),
        Verb.READ_NOTIFICATION: Capability(
            unsigned=True, note_zh="余额变动通知，不签名：以流水核对。", note_en="Balance changes, unsigned: check the statement."
        ),
        Verb.BILL: Capability(
            bill_kinds=frozenset({"statement", "statement_file"}),
            note_zh="账户流水，逐页取全；statement_file 是定长文件（3.3.9），每页 500 笔。",
            note_en="The account's statement, all its pages; statement_file: as records (3.3.9), 500 a page.",
        ),
    },
)

Cib.manifest = MANIFEST
