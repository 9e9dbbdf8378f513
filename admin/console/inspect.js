// The details of the node or the wire that is selected.

import { $, clock, el, rateText, short } from "./dom.js";
import { plainElement, valueElement } from "./values.js";

const kept = 30; // messages of a wire

// Properties that say nothing to who looks at a node.
const dull = new Set(["id", "type", "z", "x", "y", "wires", "w", "h", "g", "l", "d", "info"]);

export class Inspector {
  #messages; // the list of messages, if a wire is shown
  #numbers; // brings the numbers up to date
  constructor(context) { this.context = context; } // model, live, view, go, press, watch, open, select

  // show shows what is selected; undefined for nothing.
  show(selected) {
    this.#messages = this.#numbers = undefined;
    const box = selected?.kind === "node" && this.context.drawing().byID.get(selected.id);
    const parts = box ? this.#node(box) : selected?.kind === "wire" ? this.#wire(selected.wire) : [el("p", { class: "quiet" }, "Click a node or a wire. Enter on a selected node opens this; w goes on to its wire.")];
    $("inspect").replaceChildren(...parts);
    this.context.watch(selected?.kind === "wire" ? selected.wire.sources : []);
    this.refresh();
  }

  refresh() { this.#numbers?.(); }

  // add shows messages of the outputs that are watched.
  add(frame) {
    if (!this.#messages || !frame.list.length) return;
    this.#messages.querySelector(".quiet")?.remove();
    for (const message of frame.list) {
      const entry = el("li", {}, el("div", { class: "head" }, el("time", {}, clock(message.ts))), valueElement(message, true));
      entry.dataset.ts = message.ts;
      this.#messages.prepend(entry);
    }
    while (this.#messages.children.length > kept) this.#messages.lastChild.remove();
  }

  #node(box) {
    const { model, live } = this.context, view = this.context.view(), id = model.live(view, box.id), node = box.node;
    const table = el("dl", { class: "numbers" });
    this.#numbers = () => {
      const [received = 0, errors = 0, busy = 0] = live().counters.get(id) || [];
      const slow = live().slow(id), badge = live().badges.get(id);
      const rows = [["received", short(received)], ["errors", short(errors)], ["busy", `${busy} % of its flow's time${slow ? ", " + slow : ""}`], ["status", badge ? badge.text || badge.fill : "–"]];
      table.replaceChildren(...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: name === "errors" && errors || name === "busy" && slow ? "alarm" : undefined }, value)]));
    };
    const config = Object.entries(node).filter(([key, v]) => !dull.has(key) && v !== "" && v !== null);
    const wires = this.context.drawing().wires.filter(w => w.from === box);
    return [
      el("h2", {}, box.label), el("p", { class: "quiet" }, node.type, " · ", el("code", {}, id)),
      el("p", { class: "actions" },
        node.type === "inject" && el("button", { type: "button", onclick: () => this.context.press(box) }, "Inject"),
        node.type === "debug" && el("button", { type: "button", onclick: () => this.context.press(box) }, "Switch on or off"),
        box.definition && el("button", { type: "button", onclick: () => this.context.open(box) }, "Open the subflow")),
      table,
      wires.length > 0 && el("h3", {}, "Wires"),
      wires.length > 0 && el("ul", { class: "wires-of" }, ...wires.map(w => el("li", {}, el("button", { type: "button", class: "node-link", onclick: () => this.context.select({ kind: "wire", wire: w }) }, `output ${w.port + 1} → ${w.to.label || "junction"}`)))),
      node.info && el("h3", {}, "Description"), node.info && el("p", { class: "info" }, node.info),
      el("h3", {}, "Configuration"), plainElement(Object.fromEntries(config), true),
    ].filter(Boolean);
  }

  #wire(wire) {
    const { live } = this.context, numbers = el("p", { class: "big" });
    this.#numbers = () => { numbers.textContent = `${short(live().count(wire.sources))} messages · ${rateText(live().rate(wire.sources))}`; };
    this.#messages = el("ol", { class: "entries" }, el("li", { class: "quiet" }, "Waiting for a message."));
    const end = box => el("button", { type: "button", class: "node-link", onclick: () => this.context.select({ kind: "node", id: box.id }) }, box.label || "junction");
    return [
      el("h2", {}, "Wire"), el("p", {}, end(wire.from), ` output ${wire.port + 1} → `, end(wire.to)), numbers,
      el("h3", {}, "Last messages"), el("p", { class: "quiet" }, "Newest first. Of many messages some are shown."), this.#messages,
    ];
  }
}

