// The debug pane and the log: lists of entries that grow at the end, with
// filters.

import { clock, el, $ } from "./dom.js";
import { textOf, valueElement } from "./values.js";

const kept = 300; // entries of a list

const levels = { 10: "fatal", 20: "error", 30: "warn", 40: "info", 50: "debug", 60: "trace" };

// List is a list that shows the entries for which a filter holds. It stays at
// its end unless somebody has scrolled up.
class List {
  #entries = [];
  constructor(element, matches) {
    this.element = element;
    this.matches = matches;
  }

  add(entry, element) {
    const box = this.element.parentElement, atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    element.hidden = !this.matches(entry);
    this.#entries.push({ entry, element });
    this.element.append(element);
    while (this.#entries.length > kept) this.#entries.shift().element.remove();
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  filter() { for (const { entry, element } of this.#entries) element.hidden = !this.matches(entry); }

  clear() {
    this.#entries = [];
    this.element.replaceChildren();
  }
}

// DebugPane shows what debug nodes show, and warnings and errors.
export class DebugPane {
  #paused = false;
  constructor(context) {
    this.context = context; // name(id), go(id), inFlow(id), selected()
    this.list = new List($("debug-list"), entry => this.#matches(entry));
    $("debug-filter").addEventListener("input", () => this.list.filter());
    $("debug-scope").addEventListener("change", () => this.list.filter());
    $("debug-clear").addEventListener("click", () => this.list.clear());
    $("debug-pause").addEventListener("click", event => {
      this.#paused = !this.#paused;
      event.currentTarget.setAttribute("aria-pressed", this.#paused);
    });
  }

  add(entries, lost = 0) {
    if (this.#paused) return;
    for (const entry of entries) this.list.add(entry, this.#element(entry));
    if (lost) this.list.add({ note: true }, el("li", { class: "note" }, `${lost} more are not shown`));
  }

  refilter() { this.list.filter(); }

  #matches(entry) {
    if (entry.note) return true;
    const scope = $("debug-scope").value;
    if (scope === "flow" && !this.context.inFlow(entry.id)) return false;
    if (scope === "node" && this.context.selected() && this.context.selected() !== entry.id) return false;
    const words = $("debug-filter").value.toLowerCase();
    return !words || [textOf(entry), entry.topic, entry.property, this.context.name(entry.id)].join(" ").toLowerCase().includes(words);
  }

  #element(entry) {
    const level = entry.level <= 20 ? "error" : entry.level <= 30 ? "warn" : "";
    const about = [entry.topic !== undefined && String(entry.topic), entry.property && "msg." + entry.property, entry.format].filter(Boolean).join(" : ");
    return el("li", { class: level },
      el("div", { class: "head" }, el("time", {}, clock(entry.ts ?? entry.timestamp ?? Date.now())), nodeButton(this.context, entry.id), el("span", { class: "quiet" }, level ? level : about)),
      valueElement(entry));
  }
}

export function nodeButton(context, id) {
  return el("button", { type: "button", class: "node-link", onclick: () => context.go(id) }, context.name(id));
}

// LogPane shows what nodes log.
export class LogPane {
  constructor(context) {
    this.context = context;
    this.list = new List($("log-list"), entry => this.#matches(entry));
    $("log-filter").addEventListener("input", () => this.list.filter());
    $("log-level").addEventListener("change", () => this.list.filter());
    $("log-clear").addEventListener("click", () => this.list.clear());
  }

  add(entries, lost = 0) {
    for (const entry of entries) {
      const text = logText(entry);
      this.list.add(entry, el("li", { class: levels[entry.level] || "" },
        el("time", {}, clock(entry.timestamp)), el("b", {}, levels[entry.level] || String(entry.level)), entry.id && nodeButton(this.context, entry.id), el("span", {}, text)));
    }
    if (lost) this.list.add({ level: 0, msg: "" }, el("li", { class: "note" }, `${lost} more are not shown`));
  }

  // note adds a line of the console's own.
  note(text) { this.add([{ level: 40, msg: text, timestamp: Date.now() }]); }

  #matches(entry) {
    if (entry.level > Number($("log-level").value)) return false;
    const words = $("log-filter").value.toLowerCase();
    return !words || (logText(entry) + " " + (entry.id ? this.context.name(entry.id) : "")).toLowerCase().includes(words);
  }
}

export const logText = entry => typeof entry.msg === "string" ? entry.msg : JSON.stringify(entry.msg);
