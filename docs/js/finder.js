// The finder: looks up channel codes and canonical codes in catalogue.js, in the page itself, without a server or a network.
// Everything that is shown goes through textContent, so nothing that stands in a code or in an address becomes markup.
"use strict";

(() => {
  const root = document.getElementById("finder");
  const data = window.CATALOGUE;
  if (!root) return;
  const lang = root.dataset.language === "en" ? "en" : "zh";
  const other = lang === "zh" ? "en" : "zh";
  const SHOWN = 60; // results shown before "show all": a phone draws them at once
  const SAY = window.FINDER_WORDS[lang];

  // --- Small tools

  const make = (tag, properties = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") made.className = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  if (!data) {
    root.append(make("p", {}, SAY.missing));
    return;
  }
  const fold = (text) => String(text).normalize("NFKC").toLowerCase();
  const word = (set, value) => data.words[lang][set][value] || value;
  const named = (set, value) => [make("code", {}, value), ` ${word(set, value)}`];
  const titleOf = (channel) => data.channels[channel][`title_${lang}`];
  const badge = (effect, text = word("effect", effect).split(/[（:]/)[0]) => make("span", { class: `finder-badge finder-${effect}` }, text);

  // --- What can be found

  const canonical = Object.values(data.canonical);
  const rows = Object.entries(data.channels).flatMap(([channel, content]) =>
    content.rows.map((row) => ({ sub_code: null, http: [], variants: [], ...row, channel })));
  const nameOf = (row) => [row.code === "*" ? "" : row.code, row.sub_code].filter(Boolean).join(" "); // "*" is any code
  const leading = new Map(canonical.map((entry) => [entry.code, []]));
  for (const row of rows) leading.get(row.canonical).push(row);

  const entryText = (entry) => [entry.code, entry.title_zh, entry.title_en, entry.payer_zh, entry.payer_en, entry.merchant_zh,
    entry.merchant_en, entry.operator_zh, entry.operator_en, entry.outward, ...entry.iso20022, ...entry.field39.map((code) => `39:${code}`)];
  for (const entry of canonical) entry.text = fold(entryText(entry).join("\n"));
  for (const row of rows) {
    const entry = data.canonical[row.canonical];
    const content = data.channels[row.channel];
    row.text = fold([row.code, row.sub_code || "", row.where, row.canonical, row.zh, row.en, entry.title_zh, entry.title_en, row.channel,
      content.title_zh, content.title_en, ...row.operations, ...row.http, ...row.variants.map((one) => one.zh)].join("\n"));
  }

  const covers = (wanted, operation) => {
    if (wanted === operation) return 1000;
    if (wanted === "*") return 1;
    return operation.startsWith(`${wanted}.`) ? 1 + wanted.length : 0;
  };
  const inOperation = (row, operation) =>
    !operation || row.operations.some((own) => covers(own, operation) || own.startsWith(`${operation}.`));

  /** How well an entry fits the words, or 0: a code before the beginning of one, before a part of one, before a text. */
  const fits = (codes, text, words) => {
    let sum = 0;
    for (const wanted of words) {
      if (!text.includes(wanted)) return 0;
      const best = Math.max(...codes.map((code) => {
        const folded = fold(code || "");
        if (folded === wanted) return 8;
        if (folded.startsWith(wanted)) return 4;
        return folded.includes(wanted) ? 2 : 0;
      }));
      sum += best + 1;
    }
    return sum || 1;
  };

  const search = (query, channel, operation) => {
    const words = fold(query).split(/\s+/).filter(Boolean);
    const wanted = (row) => (!channel || row.channel === channel) && inOperation(row, operation);
    const found = [];
    for (const entry of canonical) {
      const filtered = (channel && channel !== "*") || operation;
      if (filtered && !leading.get(entry.code).some(wanted)) continue;
      const weight = fits([entry.code], entry.text, words);
      if (weight) found.push({ weight: weight + 0.5, entry });
    }
    for (const row of channel === "*" ? [] : rows.filter(wanted)) {
      const weight = fits([row.code, row.sub_code], row.text, words);
      if (weight) found.push({ weight, row });
    }
    return found.sort((one, two) => two.weight - one.weight);
  };

  // --- Stable links: #CANONICAL, or #channel/operation/where/code/sub_code/http with as many parts as are needed

  const subOf = (row) => (row.sub_code === null ? "-" : row.sub_code); // "-": whatever the sub-code; empty: none came
  const httpOf = (row) => row.http.join("+") || "-";
  const sameParts = new Map(); // the rows that share channel, operation, field and code
  const shared = (row, operation) => [row.channel, operation, row.where, row.code].join("\n");
  for (const row of rows) {
    for (const operation of row.operations) {
      const key = shared(row, operation);
      sameParts.set(key, [...(sameParts.get(key) || []), row]);
    }
  }
  const linkOf = (row) => {
    const operation = row.operations[0];
    const parts = [row.channel, operation, row.where, row.code];
    const alike = sameParts.get(shared(row, operation));
    const differs = alike.length > 1;
    const differsStill = alike.filter((one) => one.sub_code === row.sub_code).length > 1;
    if (row.sub_code || differs) parts.push(subOf(row));
    if (differsStill) parts.push(httpOf(row));
    return `#${parts.map(encodeURIComponent).join("/")}`;
  };
  const resolve = (hash) => {
    let parts;
    try {
      parts = hash.replace(/^#/, "").split("/").map(decodeURIComponent);
    } catch {
      return { asked: hash, found: [] };
    }
    const asked = parts.join("/");
    if (parts.length === 1) return { asked, entry: Object.hasOwn(data.canonical, asked) ? data.canonical[asked] : null, found: [] };
    const [channel, operation, where, code, sub, http] = parts;
    const there = rows.filter((row) => row.channel === channel && row.where === where && (http === undefined || httpOf(row) === http));
    const ways = [ // as the lookup of the SDK goes: the very code and sub-code, the sub-code under any code, the code alone
      (row) => row.code === code && (sub === undefined || subOf(row) === sub),
      (row) => row.code === "*" && row.sub_code === sub,
      (row) => row.code === code && row.sub_code === null,
    ];
    for (const way of ways) {
      const fitting = there.filter(way);
      const weights = fitting.map((row) => Math.max(...row.operations.map((own) => covers(own, operation))));
      const best = Math.max(0, ...weights);
      if (best) return { asked, found: fitting.filter((row, place) => weights[place] === best) };
    }
    return { asked, found: [] };
  };

  // --- The page

  const input = make("input", { type: "search", id: "finder-query", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    placeholder: "NOT_ENOUGH · 余额 · SYSTEM_ERROR", "aria-describedby": "finder-hint", enterkeyhint: "search" });
  const option = (value, text) => make("option", { value }, text);
  const channels = make("select", { id: "finder-channel", "aria-label": SAY.channel }, option("", SAY.allChannels),
    option("*", SAY.onlyCanonical), ...Object.keys(data.channels).map((name) => option(name, titleOf(name))));
  const everyOperation = [...new Set(rows.flatMap((row) => row.operations))].filter((name) => name !== "*").sort();
  const operations = make("select", { id: "finder-operation", "aria-label": SAY.operation }, option("", SAY.allOperations),
    ...everyOperation.map((name) => option(name, name)));
  const status = make("p", { class: "finder-status", role: "status", "aria-live": "polite" });
  const list = make("ol", { class: "finder-list" });
  const more = make("button", { type: "button", class: "finder-more" });
  const results = make("div", {}, status, list, more);
  const entryBox = make("article", { class: "finder-entry", tabindex: "-1" });
  root.replaceChildren(
    make("form", { class: "finder-form", role: "search" }, make("label", { for: "finder-query" }, SAY.label), input,
      make("div", { class: "finder-filters" }, channels, operations), make("p", { id: "finder-hint" }, SAY.hint)),
    results, entryBox);

  const both = (texts, name) => [make("span", { class: "finder-main", lang }, texts[`${name}${lang}`]),
    make("span", { class: "finder-other", lang: other }, texts[`${name}${other}`])];

  const rowLine = (row) => make("li", {}, make("a", { href: linkOf(row), class: "finder-hit" },
    make("span", { class: "finder-head" }, badge(row.effect), make("code", {}, nameOf(row)),
      make("span", { class: "finder-where" }, [titleOf(row.channel), row.operations.map((name) => (name === "*" ? SAY.all : name)).join(" "),
        row.http.length ? `HTTP ${row.http.join("/")}` : ""].filter(Boolean).join(" · "))),
    make("span", { class: "finder-text" }, ...both(row, "")),
    make("span", { class: "finder-canonical" }, `→ ${row.canonical}`)));
  const entryLine = (entry) => make("li", {}, make("a", { href: `#${entry.code}`, class: "finder-hit finder-own" },
    make("span", { class: "finder-head" }, badge(entry.effect), make("code", {}, entry.code),
      make("span", { class: "finder-where" }, SAY.canonical)),
    make("span", { class: "finder-text" }, ...both(entry, "title_"))));

  let found = [];
  const draw = (limit) => {
    list.replaceChildren(...found.slice(0, limit).map((hit) => (hit.row ? rowLine(hit.row) : entryLine(hit.entry))));
    more.hidden = found.length <= limit;
    more.textContent = SAY.showAll(found.length);
  };
  const look = () => {
    found = search(input.value, channels.value, operations.value);
    status.textContent = found.length ? SAY.found(found.length) : SAY.none;
    draw(SHOWN);
  };

  // --- One entry, with everything that it carries

  const facts = (pairs) => make("dl", { class: "finder-facts" }, ...pairs.flatMap(([name, ...content]) =>
    content.some((one) => one !== "" && one !== null && one !== undefined) ? [make("dt", {}, name), make("dd", {}, ...content)] : []));
  const yesNo = (value) => (value ? SAY.yes : SAY.no);
  const canonicalLink = (code) => make("a", { href: `#${code}` }, make("code", {}, code));
  const sourceLink = (source) => (/^https:\/\/\S+$/.test(source || "") ? make("a", { href: source, rel: "noopener" }, source) : source);
  const seconds = (value) => (value === undefined || value === null ? "" : `${value} ${SAY.seconds}`);
  const section = (title, ...children) => [make("h3", {}, title), ...children];

  const told = (texts, note) => [...section(SAY.whatToSay), note ? make("p", { class: "finder-note" }, note) : null,
    make("div", { class: "finder-told" }, ...["payer", "merchant", "operator"].map((reader) =>
      make("div", {}, make("strong", {}, SAY[reader]), ...both(texts, `${reader}_`))))];
  const permanent = (hash) => {
    const button = make("button", { type: "button" }, SAY.copy);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(new URL(hash, location.href).href);
        button.textContent = SAY.copied;
      } catch {
        getSelection().selectAllChildren(button.previousSibling); // without the right to the clipboard: marked, to be copied by hand
      }
    });
    return make("p", { class: "finder-link" }, `${SAY.link} `, make("a", { href: hash }, decodeURI(hash)), button);
  };
  const outwardFact = (code) => {
    const entry = data.outward[code];
    return [SAY.outward, make("code", {}, code), ` HTTP ${entry.http} · ${entry[lang]}`];
  };
  const verdict = (effect, action, newId, actor) => make("div", { class: `finder-verdict finder-edge-${effect}` }, facts([
    [SAY.outcome, badge(effect, word("effect", effect)), " ", make("code", {}, effect)], [SAY.next, ...named("next_action", action)],
    [SAY.newId, ...(newId === null ? [""] : [make("strong", {}, yesNo(newId))])], [SAY.actor, ...named("party", actor)]]));
  const ofMeaning = (entry) => [
    [SAY.category, word("category", entry.category)], [SAY.fault, ...named("party", entry.fault)], [SAY.decline, word("decline", entry.decline)],
    [SAY.severity, word("severity", entry.severity)], [SAY.health, yesNo(entry.counts_against_health)],
    [SAY.disclosure, word("disclosure", entry.disclosure)], [SAY.iso, entry.iso20022.join("、")], [SAY.field39, entry.field39.join("、")]];

  const showRow = (row) => {
    const entry = data.canonical[row.canonical];
    const siblings = rows.filter((one) => one !== row && one.channel === row.channel && one.code === row.code);
    return [
      make("h2", {}, `${titleOf(row.channel)} `, make("code", {}, nameOf(row))), permanent(linkOf(row)),
      make("p", { class: "finder-says" }, ...both(row, "")),
      ...(row.provisional ? [make("p", {}, make("strong", {}, SAY.provisional))] : []),
      verdict(row.effect, row.next_action, Boolean(row.new_id_allowed), entry.actor),
      facts([[SAY.canonical, canonicalLink(row.canonical), ` ${entry[`title_${lang}`]}`], outwardFact(row.outward)]),
      ...told(row.texts || entry, row.texts ? SAY.weakened : ""),
      ...section(SAY.details, facts([
        [SAY.kind, SAY[row.kind]], [SAY.where, make("code", {}, row.where)],
        [SAY.operations, ...row.operations.map((name) => make("code", {}, name === "*" ? SAY.all : name))], [SAY.http, row.http.join("、")],
        [SAY.phase, row.phase], [SAY.retryAfter, seconds(row.retry_after)], [SAY.quiet, seconds(row.quiet_period)], [SAY.failover, yesNo(row.failover)],
        ...ofMeaning(entry), [SAY.checked, ...named("basis", row.basis)], [SAY.source, sourceLink(row.source)],
        [SAY.effectSource, sourceLink(row.effect_source === row.source ? "" : row.effect_source)]])),
      ...(row.variants.length ? section(SAY.variants, make("ul", {}, ...row.variants.map((one) =>
        make("li", {}, one.zh, one.advice ? ` — ${one.advice}` : "", " ", sourceLink(one.source))))) : []),
      ...(siblings.length ? section(SAY.siblings, make("ol", { class: "finder-list" }, ...siblings.map(rowLine))) : []),
    ];
  };
  const showEntry = (entry) => {
    const unmapped = Object.keys(data.channels).filter((name) => data.channels[name].unmapped === entry.code);
    const leads = leading.get(entry.code);
    return [
      make("h2", {}, make("code", {}, entry.code)), permanent(`#${entry.code}`), make("p", { class: "finder-says" }, ...both(entry, "title_")),
      verdict(entry.effect, entry.next_action, null, entry.actor), facts([outwardFact(entry.outward)]), ...told(entry, ""),
      ...section(SAY.details, facts([...ofMeaning(entry), [SAY.since, entry.since], [SAY.deprecated, entry.deprecated],
        [SAY.replaced, entry.replaced_by ? canonicalLink(entry.replaced_by) : ""]])),
      ...section(SAY.leads, unmapped.length ? make("p", {}, `${unmapped.map(titleOf).join("、")}: ${SAY.unmapped}`) : null,
        leads.length ? make("ol", { class: "finder-list" }, ...leads.map(rowLine)) : make("p", {}, unmapped.length ? "" : SAY.nothing)),
    ];
  };
  const show = () => {
    const hash = location.hash;
    const open = hash.length > 1;
    results.hidden = open;
    entryBox.hidden = !open;
    if (!open) return;
    const { asked, entry, found: fitting } = resolve(hash);
    const back = make("p", {}, make("a", { href: "#", class: "finder-back" }, `← ${SAY.back}`));
    let content = [make("p", {}, SAY.unknownLink, make("code", {}, asked))];
    if (entry) content = showEntry(entry);
    else if (fitting.length === 1) content = showRow(fitting[0]);
    else if (fitting.length) content = [make("p", {}, SAY.many), make("ol", { class: "finder-list" }, ...fitting.map(rowLine))];
    entryBox.replaceChildren(back, ...content.filter(Boolean));
    entryBox.focus({ preventScroll: true });
    root.scrollIntoView({ block: "start" });
  };
  const toResults = () => {
    history.pushState(null, "", location.href.replace(/#.*/, ""));
    show();
  };

  // --- What the user does

  const changed = () => {
    if (location.hash.length > 1) toResults();
    look();
  };
  input.addEventListener("input", changed);
  channels.addEventListener("change", changed);
  operations.addEventListener("change", changed);
  more.addEventListener("click", () => draw(found.length));
  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.focus();
  });
  entryBox.addEventListener("click", (event) => {
    if (!event.target.closest(".finder-back")) return;
    event.preventDefault();
    toResults();
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && location.hash.length > 1) {
      toResults();
      input.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.target !== input && !event.target.matches?.(".finder-hit")) return;
      const hits = [...root.querySelectorAll(".finder-hit")].filter((hit) => hit.offsetParent !== null);
      const next = hits.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
      if (event.target === input && event.key === "ArrowUp") return;
      event.preventDefault();
      (hits[next] || (next < 0 ? input : event.target)).focus();
    }
  });
  const asked = new URLSearchParams(location.search); // find.html?find=余额&channel=wechat&operation=refund; `q` would open the theme's own search
  input.value = asked.get("find") || "";
  for (const [select, name] of [[channels, "channel"], [operations, "operation"]]) {
    if ([...select.options].some((one) => one.value === asked.get(name))) select.value = asked.get(name);
  }
  addEventListener("hashchange", show);
  addEventListener("popstate", show);
  look();
  show();
})();
