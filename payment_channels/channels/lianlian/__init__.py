"""LianLian (连连支付, 实时付款 instantpay): the channel's manifest. It pays out, to persons and to companies."""

from payment_channels.channel import Capability, Manifest, Verb
from payment_channels.channels.lianlian.adapter import Lianlian
from payment_channels.channels.lianlian.config import LianlianConfig

__all__ = ["MANIFEST", "Lianlian", "LianlianConfig"]

MANIFEST = Manifest(
    name="lianlian",
    title_zh="连连支付",
    title_en="LianLian",
    open=Lianlian,
    configuration=LianlianConfig,
    capabilities={
        Verb.PAYOUT: Capability(
            parties=frozenset({"personal_account", "corporate_account"}),
            note_zh="实时付款到个人借记卡与对公账户；对公须 bank_code 或全国性银行的联行号。受理不等于成功。",
            note_en=(
                "To debit cards and companies' accounts; these need bank_code, or the 联行号 of a national bank. "
                "Accepted is not paid."
            ),
        ),
        Verb.CONFIRM_PAYOUT: Capability(
            note_zh="疑似重复或户名不符时，24 小时内以 confirm_code 确认，否则关闭。",
            note_en="A suspected repetition, or another name: within 24 hours by its confirm_code, or it is closed.",
        ),
        Verb.QUERY_PAYOUT: Capability(query_by_channel_id=True),
        Verb.BALANCE: Capability(note_zh="可用于付款的余额。", note_en="What can be paid out."),
        Verb.READ_NOTIFICATION: Capability(
            note_zh="成功与失败；退汇以查询为准。",
            note_en="Success and failure; whether money came back, a query tells.",
        ),
    },
)

Lianlian.manifest = MANIFEST
