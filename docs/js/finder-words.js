// The fixed words of the finder, in Chinese and English.
"use strict";

window.FINDER_WORDS = {
  zh: {
    missing: "没有读到 catalogue.js：请重新生成文档。", label: "查找错误码",
    hint: "渠道码、统一错误码、中文或英文的任何一部分，例如 NOT_ENOUGH、余额、SYSTEM_ERROR",
    allChannels: "所有渠道", onlyCanonical: "只看统一错误码", allOperations: "所有操作", channel: "渠道", operation: "操作",
    found: (n) => `${n} 条`, none: "没有找到。少写几个字再试；渠道返回了这里没有的码时，一律按结果未知处理，先查单。",
    showAll: (n) => `显示全部 ${n} 条`, back: "返回结果", canonical: "统一错误码", link: "固定链接", copy: "复制链接", copied: "已复制",
    outcome: "结果", next: "下一步", newId: "可换新单号", yes: "可以", no: "不可以", actor: "由谁处理", fault: "责任方",
    whatToSay: "可以怎样告知", reader: "对象", payer: "付款人", merchant: "商户", operator: "运维",
    weakened: "此处结果未定，统一错误码自身的说法过于肯定，以下为可以告知的内容。",
    outward: "对外码", decline: "性质", severity: "级别", health: "计入渠道健康度", disclosure: "能否告知付款人",
    category: "类别", iso: "ISO 20022 原因码", field39: "应答码（域 39）", since: "自版本", deprecated: "已弃用", replaced: "改用",
    where: "所在字段", operations: "适用操作", http: "HTTP 状态", phase: "阶段", retryAfter: "多久后再查或再试", seconds: "秒",
    quiet: "查无结论期", failover: "可改走其他渠道", source: "来源", effectSource: "结果的依据", checked: "核对程度", kind: "种类",
    code: "错误码", state: "状态", variants: "见过的说明文字", siblings: "同一个码的其他含义", leads: "对应的渠道码",
    nothing: "目前没有渠道码对应：由 SDK 自身判定，或供后续渠道使用。", details: "细节", unknownLink: "没有这个条目：", many: "这个链接对应多条，请选择：",
    all: "所有操作", says: "渠道里的含义", unmapped: "不在表中的码按此处理",
  },
  en: {
    missing: "catalogue.js could not be read: build the documentation again.", label: "Find a code",
    hint: "any part of a channel code, a canonical code, a Chinese or English word, such as NOT_ENOUGH, 余额, SYSTEM_ERROR",
    allChannels: "all channels", onlyCanonical: "canonical codes only", allOperations: "all operations", channel: "Channel", operation: "Operation",
    found: (n) => (n === 1 ? "1 entry" : `${n} entries`), none: "Nothing found. Try fewer letters. A code that is not here is unknown: query first.",
    showAll: (n) => `Show all ${n}`, back: "Back to the results", canonical: "Canonical code", link: "Stable link", copy: "Copy link", copied: "Copied",
    outcome: "Outcome", next: "Next action", newId: "A new id is allowed", yes: "yes", no: "no", actor: "Who must act", fault: "At fault",
    whatToSay: "What may be said", reader: "To", payer: "Payer", merchant: "Merchant", operator: "Operator",
    weakened: "Here the outcome is open, and the canonical code's own words would say too much: this is what may be told.",
    outward: "Outward code", decline: "Decline", severity: "Severity", health: "Counts against the channel's health", disclosure: "The payer",
    category: "Category", iso: "ISO 20022 reason", field39: "Response code (field 39)", since: "Since", deprecated: "Deprecated", replaced: "Replaced by",
    where: "Field", operations: "Operations", http: "HTTP status", phase: "Phase", retryAfter: "Ask or try again after", seconds: "s",
    quiet: "Quiet period of a not-found", failover: "May use another channel", source: "Source", effectSource: "Source of the outcome", checked: "Checked", kind: "Kind",
    code: "error code", state: "state", variants: "Messages seen with it", siblings: "The same code elsewhere", leads: "Channel codes that lead here",
    nothing: "No channel code leads here at present: the SDK finds it by itself, or it is meant for a later channel.", details: "Details", unknownLink: "There is no entry ", many: "This link fits several entries; choose one:",
    all: "all operations", says: "What it means there", unmapped: "a code that is not in the table is treated as this",
  },
};
