"""What Alipay does for a transfer: to a wallet or to a bank card, asked about, and the balance that it is paid from."""

import secrets
from typing import Any

from mocks.alipay import magic
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import GATEWAY, refused
from mocks.alipay.desk import Desk
from mocks.alipay.fields import MOST, amount, check, wrong, yuan
from mocks.alipay.transfers import Transfer, accepted, shown

# In fen; that of a card is assumed to be that of a wallet.
_LEAST = {"TRANS_ACCOUNT_NO_PWD": 10, "TRANS_BANKCARD_NO_PWD": 10, "STD_RED_PACKET": 1}
_SCENES = {"现金营销", "企业退款", "佣金报酬", "业务结算", "二手回收", "公益补助", "行政补贴和退款", "保险理赔"}


def transfer(desk: Desk, call: Call) -> Answer:
    """Send money to a wallet or a card; a repeated number is answered as its transfer stands."""
    operation, biz = call.operation, call.biz
    if not call.certified:  # documented to need certificates; that the answer is this code is assumed
        raise refused(GATEWAY, "isv.missing-signature-config", "该接口需使用公钥证书模式调用，未配置对应签名算法的公钥或者证书")
    check(operation, biz)
    known = desk.transfers.all.get(biz["out_biz_no"])
    if known is not None:
        if known.parameters != biz:
            raise refused(operation, "PAYMENT_INFO_INCONSISTENCY")
        desk.transfers.settle(known)
        return Answer(accepted(known))
    asked = _check(desk, operation, biz)
    fate = magic.end(operation, biz)
    if fate is None:
        magic.provoke(operation, biz, first=True)
    now = desk.clock.now()
    one = Transfer(
        out_biz_no=biz["out_biz_no"],
        order_id=f"{now:%Y%m%d}110070000006{secrets.randbelow(10**12):012d}",  # 32 digits
        pay_fund_order_id=f"{now:%Y%m%d}110070001506{secrets.randbelow(10**12):012d}",
        amount=asked,
        parameters=biz,
        created=now,
        changed=now,
        state="SUCCESS",
        held=magic.says(biz, "DEALING"),
        fate=fate,
    )
    if one.to_card:
        one.state = "DEALING"
    elif fate is not None or one.held:
        raise wrong(operation, "remark", "：转账到支付宝账户没有DEALING、FAIL、REFUND状态（MOCK）")
    desk.transfers.all[one.out_biz_no] = one
    return Answer(accepted(one))


def _check(desk: Desk, operation: str, biz: dict[str, Any]) -> int:
    asked = amount(operation, biz, "trans_amount")
    _check_payee(operation, biz)
    if asked < _LEAST[biz["product_code"]]:
        raise refused(operation, "EXCEED_LIMIT_SM_MIN_AMOUNT")
    if asked > MOST:
        raise refused(operation, "EXCEED_LIMIT_SM_AMOUNT")
    if biz.get("transfer_scene_name") and biz["transfer_scene_name"] not in _SCENES:
        raise refused(operation, "TRANSFER_SCENE_NAME_ILLEGAL")
    if biz["payee_info"]["identity"] == desk.keys.seller_id:
        raise refused(operation, "PAYER_PAYEE_CANNOT_SAME")
    if asked > desk.balance():
        raise refused(operation, "BALANCE_IS_NOT_ENOUGH")
    return asked


def _check_payee(operation: str, biz: dict[str, Any]) -> None:
    payee = biz["payee_info"]
    to_card = payee["identity_type"] == "BANKCARD_ACCOUNT"
    if to_card != (biz["product_code"] == "TRANS_BANKCARD_NO_PWD"):
        raise wrong(operation, "product_code", "与payee_info.identity_type不符")
    if (to_card or payee["identity_type"] == "ALIPAY_LOGON_ID") and not payee.get("name"):
        raise wrong(operation, "payee_info/name", "不能为空")
    if to_card:
        if not (payee["identity"].isascii() and payee["identity"].isdecimal()):
            raise refused(operation, "INVALID_CARDNO")
        if not (payee.get("bankcard_ext_info") or {}).get("account_type"):
            raise wrong(operation, "payee_info/bankcard_ext_info/account_type", "不能为空")


def query(desk: Desk, call: Call) -> Answer:
    """Tell the state of a transfer; of several numbers pay_fund_order_id goes before order_id before out_biz_no."""
    operation, biz = call.operation, call.biz
    check(operation, biz)
    for name in ("pay_fund_order_id", "order_id", "out_biz_no"):
        if biz.get(name):
            found = next((one for one in desk.transfers.all.values() if getattr(one, name) == biz[name]), None)
            break
    else:
        raise wrong(operation, "out_biz_no", "、order_id、pay_fund_order_id不能同时为空")
    if name == "out_biz_no":
        for needed in ("product_code", "biz_scene"):
            if not biz.get(needed):
                raise wrong(operation, needed, "不能为空")
        if found is not None and any(found.parameters[one] != biz[one] for one in ("product_code", "biz_scene")):
            found = None
    if found is None:
        raise refused(operation, "ORDER_NOT_EXIST")
    magic.provoke(operation, found.parameters, first=False)
    desk.transfers.settle(found)
    return Answer(shown(found))


def balance(desk: Desk, call: Call) -> Answer:
    """Tell what is in the merchant's account."""
    check(call.operation, call.biz)
    if call.biz.get("alipay_user_id") not in {None, "", desk.keys.seller_id}:
        raise refused(call.operation, "NO_PERMISSION_ACCOUNT")
    return Answer({"available_amount": yuan(desk.balance()), "freeze_amount": "0.00"})
