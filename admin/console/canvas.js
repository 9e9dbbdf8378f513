// Draws a view of the flows as SVG, and keeps it alive.

import { rateText, short, svg } from "./dom.js";

const recent = 10_000; // milliseconds for which a failed node stands out

export class Canvas {
  #root = svg("g");
  #elements = new Map(); // box id → the parts that change
  #wires = [];
  #byLive = new Map(); // live id → what to refresh when it changes
  #scale = 1;
  #at = { x: 0, y: 0 };
  drawing = { boxes: [], byID: new Map(), wires: [], groups: [] };

  constructor(element, live, on) {
    this.element = element;
    this.live = live;
    this.on = on; // select, open, press
    element.append(this.#root);
    this.#listen();
  }

  // show draws a view. The place that was looked at stays if it is the same view.
  show(model, view) {
    const same = this.view?.key === view.key;
    this.model = model;
    this.view = view;
    this.drawing = model.drawing(view);
    this.#elements.clear();
    this.#byLive.clear();
    const groups = this.drawing.groups.map(g => this.#group(g));
    this.#wires = this.drawing.wires.map(w => this.#wire(w));
    const boxes = this.drawing.boxes.map(b => this.#box(b));
    this.#root.replaceChildren(
      svg("g", { class: "groups" }, ...groups), svg("g", { class: "wires" }, ...this.#wires.map(w => w.line)),
      svg("g", {}, ...boxes), svg("g", { class: "labels" }, ...this.#wires.map(w => w.label)));
    this.refresh();
    if (!same) this.fit();
    this.mark(this.selected);
  }

  // refresh brings what belongs to these live ids up to date; all of it without.
  refresh(ids) {
    const wires = new Set(ids ? [] : this.#wires), boxes = new Set(ids ? [] : this.drawing.boxes);
    for (const id of ids || []) {
      const shown = this.#byLive.get(id);
      shown?.wires.forEach(w => wires.add(w));
      shown?.boxes.forEach(b => boxes.add(b));
    }
    wires.forEach(w => this.#refreshWire(w));
    boxes.forEach(b => this.#refreshBox(b));
  }

  // mark selects a box or a wire, or nothing.
  mark(selected) {
    this.selected = selected;
    for (const [id, parts] of this.#elements) parts.g.classList.toggle("selected", selected?.kind === "node" && selected.id === id);
    for (const w of this.#wires) w.line.classList.toggle("selected", selected?.kind === "wire" && sameWire(selected.wire, w.wire));
  }

  // reveal scrolls a box into sight.
  reveal(id) {
    const box = this.drawing.byID.get(id);
    if (!box) return;
    const { width, height } = this.element.getBoundingClientRect(), x = box.x * this.#scale + this.#at.x, y = box.y * this.#scale + this.#at.y;
    if (x > 80 && x < width - 80 && y > 40 && y < height - 40) return;
    this.#move(width / 2 - box.x * this.#scale, height / 2 - box.y * this.#scale);
  }

  // fit shows all of the view, not larger than life, and at least in part
  // readable.
  fit() {
    const b = this.#bounds(), { width, height } = this.element.getBoundingClientRect();
    if (!b) return this.#zoomTo(1, 0, 0);
    const scale = Math.max(0.35, Math.min(1, (width - 40) / b.w, (height - 40) / b.h));
    const fits = (size, room) => size * scale <= room - 30;
    this.#scale = scale;
    this.#move(fits(b.w, width) ? Math.min(40 - b.x * scale, (width - b.w * scale) / 2 - b.x * scale) : 20 - b.x * scale,
      fits(b.h, height) ? Math.min(40, (height - b.h * scale) / 2) - b.y * scale : 20 - b.y * scale);
  }

  zoom(factor, x, y) {
    const { width, height } = this.element.getBoundingClientRect();
    this.#zoomTo(Math.min(3, Math.max(0.1, this.#scale * factor)), x ?? width / 2, y ?? height / 2);
  }

  #zoomTo(scale, x, y) {
    const f = scale / this.#scale;
    this.#scale = scale;
    this.#move(x - (x - this.#at.x) * f, y - (y - this.#at.y) * f);
  }

  #move(x, y) {
    this.#at = { x, y };
    this.#root.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${this.#scale.toFixed(3)})`);
    this.element.classList.toggle("far", this.#scale < 0.55);
  }

  #bounds() {
    const edges = [
      ...this.drawing.boxes.map(b => [b.x - b.w / 2 - 30, b.y - b.h / 2 - 10, b.x + b.w / 2 + 30, b.y + b.h / 2 + 22]),
      ...this.drawing.groups.map(g => [g.x, g.y, g.x + g.w, g.y + g.h]),
      ...this.#wires.filter(w => w.path.back).map(w => [w.path.left, w.path.y - 15, w.path.right, w.path.y + 10]),
    ];
    if (!edges.length) return;
    const x = Math.min(...edges.map(e => e[0])), y = Math.min(...edges.map(e => e[1]));
    return { x, y, w: Math.max(...edges.map(e => e[2])) - x, h: Math.max(...edges.map(e => e[3])) - y };
  }

  #group(g) {
    const style = g.style || {};
    const rect = svg("rect", { x: g.x, y: g.y, width: g.w, height: g.h, rx: 4, class: "group", "fill-opacity": style["fill-opacity"] ?? 1 });
    if (style.fill) rect.style.fill = style.fill; else rect.style.fill = "none";
    if (style.stroke) rect.style.stroke = style.stroke;
    if (!g.name || style.label === false) return svg("g", {}, rect);
    const [row, column] = [(style["label-position"] || "nw")[0], (style["label-position"] || "nw")[1]];
    const x = column === "e" ? g.x + g.w - 6 : column === "w" ? g.x + 6 : g.x + g.w / 2;
    const anchor = { e: "end", w: "start" }[column] || "middle";
    return svg("g", {}, rect, svg("text", { x, y: row === "s" ? g.y + g.h - 8 : g.y + 17, "text-anchor": anchor, class: "group-label" }, g.name));
  }

  #wire(wire) {
    const path = pathOf(wire.from, wire.port, wire.to);
    const parts = {
      wire, path,
      seen: svg("path", { d: path.d, class: "wire" }),
      label: svg("text", { x: path.x, y: path.y - 6, class: "count", "text-anchor": "middle" }),
    };
    parts.line = svg("g", { class: "wire-line" }, svg("path", { d: path.d, class: "wire-hit" }), parts.seen);
    const select = event => { event.stopPropagation(); this.on.select({ kind: "wire", wire }); };
    parts.line.addEventListener("click", select);
    parts.label.addEventListener("click", select);
    for (const [id] of wire.sources) this.#shownFor(id).wires.push(parts);
    return parts;
  }

  #box(box) {
    const { w, h } = box, g = svg("g", { class: "node " + box.kind, transform: `translate(${box.x - w / 2} ${box.y - h / 2})` });
    const parts = { box, g };
    g.dataset.id = box.id;
    if (box.node.d) g.classList.add("disabled");
    if (box.node.type === "comment") g.classList.add("comment");
    if (box.kind === "junction") {
      g.append(svg("rect", { width: 10, height: 10, rx: 5, class: "body" }));
    } else {
      if (box.node.type === "inject") g.append(this.#button(-27, () => this.on.press(box), "inject"));
      if (box.node.type === "debug") g.append(this.#button(w + 1, () => this.on.press(box), "switch on or off"));
      const body = svg("rect", { width: w, height: h, rx: 5, class: "body" });
      if (box.color && box.node.type !== "comment") body.style.fill = box.color; // a comment has the page's
      g.append(body);
      if (box.icon) g.append(svg("path", { d: `M5 0H30V${h}H5a5 5 0 0 1-5-5V5a5 5 0 0 1 5-5z`, class: "strip" }), iconElement(box.icon, h));
      if (box.kind !== "small") g.append(svg("text", { x: box.icon ? 38 : w / 2, y: h / 2 + 5, class: "name", "text-anchor": box.icon ? "start" : "middle" }, box.label));
    }
    if (box.input && box.kind !== "junction") g.append(port(-5, h / 2 - 5));
    if (box.kind !== "junction") for (let i = 0; i < box.outputs; i++) g.append(port(w - 5, portY(box, i) - box.y + h / 2 - 5));
    const title = svg("title", {}, box.kind === "edge" ? box.label : `${box.label} (${box.node.type})`);
    parts.badge = svg("g", { transform: `translate(3 ${h + 4})`, class: "badge" });
    parts.alarm = svg("g", { class: "alarm" });
    g.append(title, parts.badge, parts.alarm);
    if (box.kind !== "edge") {
      g.addEventListener("click", event => { event.stopPropagation(); this.on.select({ kind: "node", id: box.id }); });
      g.addEventListener("dblclick", () => this.on.open(box));
      const live = this.model.live(this.view, box.id);
      parts.live = live;
      this.#shownFor(live).boxes.push(box);
    }
    this.#elements.set(box.id, parts);
    return g;
  }

  #button(x, press, what) {
    const b = svg("g", { class: "button", transform: `translate(${x} 2)` }, svg("rect", { width: 26, height: 26, rx: 5 }), svg("rect", { x: 5, y: 5, width: 16, height: 16, rx: 4, class: "face" }), svg("title", {}, what));
    b.addEventListener("click", event => { event.stopPropagation(); press(); });
    b.addEventListener("dblclick", event => event.stopPropagation());
    return b;
  }

  #shownFor(id) {
    if (!this.#byLive.has(id)) this.#byLive.set(id, { wires: [], boxes: [] });
    return this.#byLive.get(id);
  }

  #refreshWire({ wire, seen, label, path }) {
    const count = this.live.count(wire.sources), rate = this.live.rate(wire.sources);
    seen.classList.toggle("hot", rate > 0);
    seen.style.strokeWidth = rate > 0 ? Math.min(6, 3 + 0.6 * Math.log10(1 + rate)) : "";
    const text = count === 0 ? "" : path.room < 45 ? short(count) : rate > 0 && path.room >= 80 ? `${short(count)} · ${rateText(rate)}` : rate > 0 ? rateText(rate) : short(count);
    if (label.textContent !== text) label.textContent = text;
    label.classList.toggle("hot", rate > 0);
  }

  #refreshBox(box) {
    const parts = this.#elements.get(box.id);
    if (!parts?.live) return;
    const badge = this.live.badges.get(parts.live), key = JSON.stringify(badge || null);
    if (parts.key !== key) {
      parts.key = key;
      parts.badge.replaceChildren(...badgeElements(badge));
    }
    const [, errors = 0] = this.live.counters.get(parts.live) || [], slow = this.live.slow(parts.live);
    const failing = this.live.failed.has(parts.live) && Date.now() - this.live.failed.get(parts.live) < recent;
    parts.g.classList.toggle("failing", failing);
    parts.g.classList.toggle("slow", slow !== "");
    const alarm = [errors ? `${short(errors)} ${errors === 1 ? "error" : "errors"}` : "", slow].filter(Boolean).join(" · ");
    if (parts.alarmText !== alarm) {
      parts.alarmText = alarm;
      parts.alarm.replaceChildren();
      if (alarm) {
        const width = 10 + 6.2 * alarm.length;
        parts.alarm.append(svg("rect", { x: box.w - width + 6, y: -15, width, height: 16, rx: 8 }), svg("text", { x: box.w - width / 2 + 6, y: -3, "text-anchor": "middle" }, alarm));
      }
    }
  }

  // fade takes the mark off nodes whose last error is long ago.
  fade() {
    for (const [id, when] of this.live.failed) {
      if (Date.now() - when < recent) continue;
      this.live.failed.delete(id);
      this.refresh([id]);
    }
  }

  #listen() {
    const e = this.element;
    let from;
    e.addEventListener("pointerdown", event => { if (event.button === 0) from = { x: event.clientX - this.#at.x, y: event.clientY - this.#at.y, moved: false }; });
    e.addEventListener("pointermove", event => {
      if (!from) return;
      const x = event.clientX - from.x, y = event.clientY - from.y;
      if (!from.moved && Math.hypot(x - this.#at.x, y - this.#at.y) < 4) return;
      if (!from.moved) e.setPointerCapture(event.pointerId);
      from.moved = true;
      this.#move(x, y);
    });
    const end = () => { setTimeout(() => { from = undefined; }); };
    e.addEventListener("pointerup", end);
    e.addEventListener("pointercancel", end);
    e.addEventListener("click", () => { if (!from?.moved) this.on.select(undefined); });
    e.addEventListener("wheel", event => {
      event.preventDefault();
      const r = e.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 300), event.clientX - r.left, event.clientY - r.top);
      else this.#move(this.#at.x - event.deltaX, this.#at.y - event.deltaY);
    }, { passive: false });
    e.addEventListener("keydown", event => this.#key(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = this.selected?.kind === "node" && this.drawing.byID.get(this.selected.id);
    const directions = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (directions[event.key]) {
      const next = this.#neighbour(box, directions[event.key]);
      if (next) {
        this.on.select({ kind: "node", id: next.id });
        this.reveal(next.id);
      }
    } else if (event.key === "Enter" && box) this.on.open(box);
    else if (event.key === " " && box) this.on.press(box);
    else if (event.key === "Escape") this.on.select(undefined);
    else if (event.key === "w" && box) this.#nextWire(box);
    else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  // neighbour returns the box that is nearest in a direction.
  #neighbour(box, [dx, dy]) {
    const boxes = this.drawing.boxes.filter(b => b.kind !== "edge");
    if (!box) return boxes.toSorted((a, b) => a.x + a.y - b.x - b.y)[0];
    let best, least = Infinity;
    for (const b of boxes) {
      const along = (b.x - box.x) * dx + (b.y - box.y) * dy, across = Math.abs((b.x - box.x) * dy) + Math.abs((b.y - box.y) * dx);
      if (b !== box && along > 0 && along + 2 * across < least) [best, least] = [b, along + 2 * across];
    }
    return best;
  }

  #nextWire(box) {
    const wire = this.drawing.wires.find(w => w.from === box);
    if (wire) this.on.select({ kind: "wire", wire });
  }
}

export const sameWire = (a, b) => a.from.id === b.from.id && a.port === b.port && a.to.id === b.to.id;

const port = (x, y) => svg("rect", { x, y, width: 10, height: 10, rx: 3, class: "port" });

const portY = (box, i) => box.kind === "junction" ? box.y : box.y + (i - (box.outputs - 1) / 2) * 13;

const iconElement = (icon, h) => svg("path", { d: icon, class: "icon", transform: `translate(0 ${h / 2 - 15})` });

// The colours of badges, as far as Node-RED knows them.
const badgeColors = { red: "#c00", green: "#5a8", yellow: "#f9df31", blue: "#53a3f3", grey: "#d3d3d3", gray: "#d3d3d3" };

function badgeElements(badge) {
  if (!badge) return [];
  const color = badgeColors[badge.fill];
  const elements = [];
  if (color) {
    const mark = badge.shape === "ring" ? svg("rect", { x: 1.5, y: 1.5, width: 6, height: 6, rx: 1, class: "ring" }) : svg("rect", { width: 9, height: 9, rx: 2 });
    mark.style[badge.shape === "ring" ? "stroke" : "fill"] = color;
    elements.push(mark);
  }
  const text = badge.text === undefined ? "" : String(badge.text);
  elements.push(svg("text", { x: color ? 14 : 0, y: 8.5 }, text.length > 40 ? text.slice(0, 39) + "…" : text), svg("title", {}, text));
  return elements;
}

// pathOf returns a wire's path, where its label goes, and how much room that
// has. A wire that leads back goes around below.
function pathOf(from, outputPort, to) {
  const x1 = from.x + from.w / 2, y1 = portY(from, outputPort), x2 = to.x - to.w / 2, y2 = to.y;
  const dx = x2 - x1, dy = y2 - y1;
  if (dx > -10) {
    const bend = Math.max(15, Math.min(0.75 * 100, Math.hypot(dx, dy) / 2));
    return { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, x: (x1 + x2) / 2, y: (y1 + y2) / 2, room: Math.max(dx, Math.abs(dy) > 45 ? 80 : 0) };
  }
  const reach = 45;
  const between = Math.abs(dy) > 70 ? (y1 + y2) / 2 : Math.max(from.y + from.h / 2, to.y + to.h / 2) + 34;
  const d = `M${x1} ${y1}C${x1 + reach} ${y1} ${x1 + reach} ${between} ${x1 - 10} ${between}L${x2 + 10} ${between}C${x2 - reach} ${between} ${x2 - reach} ${y2} ${x2} ${y2}`;
  return { d, x: (x1 + x2) / 2, y: between, room: Math.max(80, -dx), back: true, left: x2 - reach, right: x1 + reach };
}
