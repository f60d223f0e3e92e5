"""The pages that a browser sees: one to pay on, one that goes back to the merchant, and one that tells a refusal.

The real cashier's pages and paths are UnionPay's own and are not imitated; this one lets a person, or a test that posts its form,
pay or be declined. A refusal reads as the real one does (lokielse/omnipay-unionpay issue 36).
"""

from collections.abc import Callable, Mapping
from html import escape

from mocks.control import ControlRefusedError
from mocks.unionpay import results
from mocks.unionpay.codes import Row, find
from mocks.unionpay.desk import Desk
from mocks.unionpay.messages import read_form
from mocks.unionpay.transactions import Transaction
from mocks.wire import MockReply, MockRequest

PATH = "/gateway/cashier/pay.do"
Sign = Callable[[dict[str, str]], dict[str, str]]
_HTML = {"Content-Type": "text/html;charset=UTF-8"}


def page(order: Transaction, token: str) -> MockReply:
    """Return the page on which an order is paid; a form posts ``token`` and ``outcome``."""
    where = "企业网银 B2B" if order.fields["bizType"] == "000202" else "银联在线支付"
    bank = f"<p>银行 {escape(order.fields['issInsCode'])}</p>" if order.fields.get("issInsCode") else ""
    facts = f"<p>商户 {escape(order.fields['merId'])}</p><p>订单 {escape(order.fields['orderId'])}</p>"
    amount = f"<p>金额 {order.amount // 100}.{order.amount % 100:02d} 元</p>"
    form = (
        f'<form method="post" action="{PATH}"><input type="hidden" name="token" value="{token}" />'
        '<input name="code" value="" placeholder="64" />'
        '<button name="outcome" value="pay">支付</button><button name="outcome" value="fail">支付失败</button></form>'
    )
    return _page(f"<h1>{where}（模拟）</h1>{facts}{amount}{bank}{form}")


def refusal(row: Row) -> MockReply:
    """Return the page that tells why an order was not made."""
    return _page(f"<p>交易失败 {escape(row.code)}[{escape(row.detail)}]{escape(row.message)}</p>")


def pay(desk: Desk, request: MockRequest, sign: Sign) -> MockReply:
    """Do what the payer chose on the page, and send the browser back to the merchant with a result that ``sign`` signs."""
    asked = read_form(request.headers.get("content-type", ""), request.body) or {}
    order = desk.pages.get(asked.get("token", ""))
    if order is None:
        return _page("<p>页面已失效</p>", status=404).noted(reason="no payment page has this token")
    desk.settle(order)
    code = asked.get("code") or None
    try:
        if asked.get("outcome") == "pay":
            desk.attempt(order)
        elif asked.get("outcome") == "fail" and (code is None or find(code) is not None):
            desk.transactions.move(order, "fail", code)
        else:
            return _page("<p>请选择支付或支付失败</p>", status=400).noted(
                reason="outcome should be pay or fail, code one of the list"
            )
    except ControlRefusedError as error:
        return _page("<p>订单状态不允许支付</p>", status=409).noted(reason=str(error))
    return _back(order, sign).noted(operation="cashier", code=order.code)


def _back(order: Transaction, sign: Sign) -> MockReply:
    url = order.fields.get("frontUrl")
    if not url:
        return _page(f"<p>{escape(results.code(order.code)['respMsg'])}</p>")
    return _page(_posting(url, sign(results.notified(order))))


def _posting(url: str, fields: Mapping[str, str]) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{_kept(value)}" />' for name, value in sorted(fields.items())
    )
    form = f'<form id="back" method="post" action="{escape(url)}">{inputs}<button>返回商户</button></form>'
    return f'{form}<script>document.getElementById("back").submit();</script>'


def _kept(value: str) -> str:
    """Write line ends as references, which no parser of HTML changes."""
    return escape(value).replace("\r", "&#13;").replace("\n", "&#10;")


def _page(body: str, status: int = 200) -> MockReply:
    head = '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8" /><title>UnionPay mock</title></head>'
    return MockReply(status, _HTML, f"{head}<body>{body}</body></html>".encode())
