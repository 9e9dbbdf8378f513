// The flows as they are drawn: what stands where on each canvas, and the live
// numbers by the id under which a node runs. Inside of a subflow instance that
// is the instance's id, a dash and the node's own.

const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text) {
  ruler.font = "14px Helvetica, Arial, sans-serif";
  return ruler.measureText(text).width;
}

export class Model {
  constructor({ tabs, nodes, rev, sources, looks, labels }) {
    this.sources = new Set(sources);
    this.looks = looks;
    this.labels = labels;
    this.rev = rev;
    this.byID = new Map(nodes.map(n => [n.id, n]));
    this.byZ = new Map();
    for (const n of nodes) {
      if (!this.byZ.has(n.z || "")) this.byZ.set(n.z || "", []);
      this.byZ.get(n.z || "").push(n);
    }
    this.nodes = nodes;
    this.tabs = tabs.filter(t => t.id !== "");
    if (this.#onCanvas("").length) this.tabs.push({ id: "", label: "outside of all flows", disabled: false });
  }

  // definition returns the subflow that a node is an instance of.
  definition(node) {
    return node.type.startsWith("subflow:") ? this.byID.get(node.type.slice(8)) : undefined;
  }

  // live returns the id under which a node of a view runs.
  live(view, id) { return view.prefix + id; }

  // view of a tab, or of a subflow instance if its live id is given.
  tabView(tab) { return { key: tab.id, z: tab.id, prefix: "", label: tab.label || tab.id, disabled: tab.disabled }; }

  instanceView(view, node) {
    const definition = this.definition(node), live = this.live(view, node.id);
    return { key: "in " + live, z: definition.id, prefix: live + "-", label: this.labels[node.id], parent: view, instance: live, definition };
  }

  // locate finds the view and the node of a live id.
  locate(liveID) {
    const direct = this.byID.get(liveID);
    if (direct) {
      const tab = this.tabs.find(t => t.id === (direct.z || ""));
      return tab && { view: this.tabView(tab), node: direct };
    }
    for (let cut = liveID.lastIndexOf("-"); cut > 0; cut = liveID.lastIndexOf("-", cut - 1)) {
      const within = this.locate(liveID.slice(0, cut)), node = this.byID.get(liveID.slice(cut + 1));
      if (within && node && this.definition(within.node)) return { view: this.instanceView(within.view, within.node), node };
    }
  }

  name(liveID) {
    const found = this.locate(liveID);
    return found ? this.labels[found.node.id] : liveID;
  }

  // drawing returns what a view shows: boxes, wires and groups.
  drawing(view) {
    const boxes = this.#onCanvas(view.z).map(n => this.#box(n));
    const byID = new Map(boxes.map(b => [b.id, b]));
    const wires = [];
    for (const box of boxes) {
      (box.node.wires || []).forEach((targets, port) => {
        for (const to of Array.isArray(targets) ? targets : [targets]) {
          if (byID.has(to)) wires.push({ from: box, port, to: byID.get(to), sources: this.outputs(view, box.node, port) });
        }
      });
    }
    if (view.definition) this.#edges(view, byID, boxes, wires);
    const groups = (this.byZ.get(view.z) || []).filter(n => n.type === "group" && n.w > 0 && n.h > 0);
    return { boxes, byID, wires, groups };
  }

  // outputs returns the [live id, port] pairs that feed an output: one, but for
  // instances, whose outputs are those of nodes inside.
  outputs(view, node, port) {
    const definition = this.definition(node), live = this.live(view, node.id);
    if (!definition) return [[live, port]];
    const inner = this.instanceView(view, node);
    return ((definition.out || [])[port]?.wires || []).flatMap(w => {
      if (w.id === definition.id) return [[live, 0]];
      const from = this.byID.get(w.id);
      return from ? this.outputs(inner, from, w.port || 0) : [];
    });
  }

  #onCanvas(z) {
    return (this.byZ.get(z) || []).filter(n => typeof n.x === "number" && typeof n.y === "number" && n.type !== "group" && n.type !== "tab" && n.type !== "subflow");
  }

  #box(node) {
    const definition = this.definition(node), { color, icon } = this.looks[node.type];
    const box = {
      id: node.id, node, definition, label: this.labels[node.id], color, icon,
      input: definition ? (definition.in || []).length > 0 : node.type !== "link in" && !this.sources.has(node.type), outputs: Math.max((node.wires || []).length, definition ? (definition.out || []).length : 0),
      x: node.x, y: node.y, kind: "node",
    };
    if (node.type === "junction") return { ...box, kind: "junction", w: 10, h: 10, label: "" };
    const small = node.l === false || node.l === undefined && (node.type === "link in" || node.type === "link out");
    box.h = Math.max(30, 15 * box.outputs);
    if (small) return { ...box, kind: "small", w: 30 };
    if (node.type === "comment") box.outputs = 0;
    const button = node.type === "inject" || node.type === "debug" ? 0 : 7;
    box.w = Math.max(100, 20 * Math.ceil((widthOf(box.label) + 50 + (box.input ? button : 0)) / 20));
    return box;
  }

  // edges adds the inputs and outputs of a subflow, as the editor shows them.
  #edges(view, byID, boxes, wires) {
    const edge = (port, i, kind) => ({
      id: `${kind} ${i + 1}`, kind: "edge", label: kind + (kind === "status" ? "" : " " + (i + 1)), x: port.x ?? 40, y: port.y ?? 40 + 40 * i, w: 70, h: 30,
      input: kind !== "input", outputs: kind === "input" ? 1 : 0, node: { id: "", type: kind, wires: [] },
    });
    const add = (port, i, kind) => {
      const box = edge(port, i, kind);
      boxes.push(box);
      for (const w of port.wires || []) {
        const other = byID.get(w.id);
        if (!other) continue;
        if (kind === "input") wires.push({ from: box, port: 0, to: other, sources: [[view.instance, 0]] });
        else wires.push({ from: other, port: w.port || 0, to: box, sources: this.outputs(view, other.node, w.port || 0) });
      }
    };
    (view.definition.in || []).forEach((p, i) => add(p, i, "input"));
    (view.definition.out || []).forEach((p, i) => add(p, i, "output"));
    if (view.definition.status) add(view.definition.status, 0, "status");
  }
}

const slowMessage = 50; // milliseconds from which on a node is slow

// Live holds what the feed says of nodes, and how fast it changes.
export class Live {
  counters = new Map(); // live id → [received, errors, busy, sent …]
  badges = new Map();
  rates = new Map(); // live id → messages a second by output
  received = new Map(); // live id → messages a second
  failed = new Map(); // live id → when an error was counted last
  #time = 0;

  // tick takes in a frame and returns the ids for which something changed.
  tick(frame) {
    const active = new Set([...Object.keys(frame.nodes), ...this.rates.keys(), ...this.received.keys()]);
    const changed = new Set([...active, ...Object.keys(frame.badges)]);
    const seconds = this.#time ? Math.max(0.05, (frame.ts - this.#time) / 1000) : 0;
    this.#time = frame.ts;
    const before = this.counters;
    if (frame.all) {
      this.counters = new Map();
      this.badges = new Map();
      for (const id of before.keys()) changed.add(id);
    }
    for (const [id, badge] of Object.entries(frame.badges)) {
      if (badge.text || badge.fill) this.badges.set(id, badge); else this.badges.delete(id);
    }
    const rates = new Map(), received = new Map();
    const pace = (was = 0, count) => {
      const r = 0.6 * was + 0.4 * Math.max(0, count) / seconds;
      return r < 0.05 ? 0 : r;
    };
    for (const id of active) {
      const now = frame.nodes[id] || this.counters.get(id), old = before.get(id);
      if (!now) continue;
      if (old && seconds) {
        if (now[1] > old[1]) this.failed.set(id, frame.ts);
        const rate = now.slice(3).map((n, i) => pace(this.rates.get(id)?.[i], n - (old[3 + i] ?? 0)));
        const intake = pace(this.received.get(id), now[0] - old[0]);
        if (intake > 0) received.set(id, intake);
        if (rate.some(r => r > 0)) rates.set(id, rate);
      }
      this.counters.set(id, now);
    }
    this.rates = rates;
    this.received = received;
    return changed;
  }

  // slow says why a node stands out: it takes long for a message, or nearly all
  // of its flow's time. It is empty for others.
  slow(id) {
    const busy = this.counters.get(id)?.[2] || 0, each = 10 * busy / (this.received.get(id) || Infinity);
    if (busy >= 5 && each >= slowMessage) return `${each < 1000 ? Math.round(each / 10) * 10 + " ms" : (each / 1000).toFixed(1) + " s"} each`;
    return busy >= 80 ? `busy ${busy}%` : "";
  }

  count(sources) { return sources.reduce((sum, [id, port]) => sum + (this.counters.get(id)?.[3 + port] || 0), 0); }
  rate(sources) { return sources.reduce((sum, [id, port]) => sum + (this.rates.get(id)?.[port] || 0), 0); }
}
