"""An explanation as lines for a person at a terminal, Chinese before English."""

from typing import Any

from error_codes.explain import DEPENDS
from error_codes.model import WITHOUT_ORDER, Effect
from error_codes.words import EN, ZH

MOVED = {
    "failed": ("没有", "no"),
    "pending": ("还没有最终结果", "not decided yet"),
    "unknown": ("可能已动，先查单", "it may have: query first"),
    "succeeded": ("已动", "yes"),
    "returned": ("已退回", "it came back"),
    "reversed": ("已撤销", "it was undone"),
}
NO_ORDER = ("与订单无关", "it is about no order")
ONCE_EXPIRED = ("到期后", "once the order has expired")


def as_text(data: dict[str, Any]) -> str:
    """Return the explanation as lines for a person, Chinese before English."""
    moved_zh, moved_en = MOVED[data["outcome"]] if data["operation"].partition(".")[0] not in WITHOUT_ORDER else NO_ORDER
    yes_zh, yes_en = ONCE_EXPIRED if data["provisional"] else ("可以", "yes")
    if data["provisional"] and data["outcome"] == Effect.FAILED:
        moved_zh, moved_en = (
            f"{ONCE_EXPIRED[0]}：{moved_zh}；之前：{MOVED['unknown'][0]}",
            f"{moved_en} {ONCE_EXPIRED[1]}; before: {MOVED['unknown'][1]}",
        )
    raw = " ".join(
        str(part) for part in (data["code"], data["sub_code"] or "", f"HTTP {data['http']}" if data["http"] else "") if part
    )
    lines = [
        ("渠道原始码 raw code", f"{data['channel']} {data['operation']} {data['where']}: {raw}"),
        (
            "统一错误码 canonical",
            "  ".join(part for part in (data["canonical"], f"{data['title_zh']} / {data['title_en']}") if part),
        ),
        ("发生了什么", data["zh"]),
        ("what happened", data["en"]),
        ("结果 outcome", data["outcome"]),
        ("钱动了吗 money moved", f"{moved_zh} / {moved_en}"),
        ("由谁处理 who acts", data["actor"] or " / ".join(DEPENDS)),
        ("下一步 next action", data["next_action"]),
        ("可换单号 new id", f"{yes_zh} / {yes_en}" if data["new_id_allowed"] else "不可以 / no"),
        ("商户说明", data["texts"]["merchant_zh"]),
        ("for the merchant", data["texts"]["merchant_en"]),
        ("运维说明", data["texts"]["operator_zh"]),
        ("for operations", data["texts"]["operator_en"]),
        ("对外码 outward", f"{data['outward']['code']} (HTTP {data['outward']['http']})"),
        ("来源 source", _basis(data)),
    ]
    if data["quiet_period"] is not None:
        lines.insert(9, ("静默期 quiet period", f"{data['quiet_period']} s"))
    if data["retry_after"] is not None:
        lines.insert(9, ("等待 wait", f"{data['retry_after']} s"))
    lines += _elsewhere(data)
    text = "\n".join(f"{_padded(name)}  {value}" for name, value in lines)
    if data.get("alternatives"):
        products = "\n".join(
            f"  {other['operation']}: {other['canonical']} {other['outcome']} {other['next_action']}\n"
            f"    {other['zh']}\n    {other['en']}"
            for other in data["alternatives"]
        )
        text += f"\n不同产品含义不同 / it differs by product:\n{products}"
    elif data.get("products"):
        text += f"\n适用产品 / products: {', '.join(data['products'])}"
    return text


def _elsewhere(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Say of an unmapped code where the channel's table has it: a mistyped operation is found so, and nothing is concluded."""
    if "known_for" not in data:
        return []
    if not data["known_for"]:
        return [("登记于 known of", "该渠道没有任何操作登记此码 / no operation of this channel has the code")]
    places = [", ".join(data["known_for"]), f"where {', '.join(data['known_in'])}"]
    if data["known_http"]:
        places.append(f"HTTP {', '.join(data['known_http'])}")
    return [("登记于 known of", "; ".join(places))]


def _basis(data: dict[str, Any]) -> str:
    """Show the source, and in words how well it is known and whose page it is."""
    if not data["source"] or not data["basis"]:
        return " / ".join(DEPENDS)
    return f"{data['source']} ({ZH['basis'][data['basis']]} / {EN['basis'][data['basis']]})"


def _padded(name: str, width: int = 24) -> str:
    """Pad for a terminal, where a Chinese character takes two columns."""
    shown = sum(2 if ord(letter) > 0x2E7F else 1 for letter in name)  # noqa: PLR2004  from here on, characters are wide
    return name + " " * max(width - shown, 1)
