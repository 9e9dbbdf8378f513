// The sessions: a table of those that are open, and how much goes through all.

import { $, duration, el, short } from "./dom.js";
import { nodeButton } from "./entries.js";

const span = 120; // seconds that the plots show

export class Sessions {
  #rows = new Map(); // session → its row's parts
  #history = [];
  constructor(context) {
    this.context = context; // name, go, disconnect
    new ResizeObserver(() => this.draw()).observe($("sessions"));
  }

  show(frame) {
    const t = frame.traffic, last = this.#history.at(-1), seconds = last ? Math.max(0.2, (frame.ts - last.ts) / 1000) : 1;
    this.#history.push({ ts: frame.ts, bytes: [t.bytesIn / seconds, t.bytesOut / seconds], messages: [t.messagesIn / seconds, t.messagesOut / seconds] });
    while (this.#history[0].ts < frame.ts - 1000 * span) this.#history.shift();
    const more = frame.open > frame.rows.length ? `, the oldest ${frame.rows.length} are here` : "";
    $("session-count").textContent = frame.open === 0 ? "no sessions" : frame.open === 1 ? "1 session" : `${frame.open} sessions${more}`;
    this.#table(frame.rows);
    this.draw();
  }

  #table(rows) {
    const gone = new Set(this.#rows.keys());
    for (const s of rows) {
      const key = `${s.id} ${s.started}`;
      gone.delete(key);
      if (!this.#rows.has(key)) this.#rows.set(key, this.#row(s));
      this.#fill(this.#rows.get(key), s);
    }
    for (const key of gone) {
      this.#rows.get(key).row.remove();
      this.#rows.delete(key);
    }
  }

  #row(s) {
    const cells = Array.from({ length: 13 }, (_, i) => el("td", { class: i >= 4 && i <= 10 ? "n" : undefined }));
    cells[0].append(el("code", { title: s.id }, String(s.id).length > 12 ? String(s.id).slice(0, 11) + "…" : String(s.id)), el("span", { class: "quiet" }, " " + s.kind));
    cells[12].append(el("button", { type: "button", "aria-label": `Disconnect session ${s.id}`, onclick: () => this.context.disconnect(s) }, "disconnect"));
    const row = el("tr", {}, ...cells);
    row.dataset.session = s.id;
    $("session-rows").append(row);
    return { row, cells, shown: [] };
  }

  #fill({ cells, shown }, s) {
    const texts = [, , s.peer || s.local, s.state, duration(s.age), duration(s.idle), short(s.bytesIn), short(s.bytesOut), short(s.messagesIn), short(s.messagesOut), short(s.queued)];
    texts.forEach((text, i) => {
      if (shown[i] !== text) cells[i].textContent = shown[i] = text;
    });
    for (const [i, id] of [[1, s.node], [11, s.claim]]) {
      if (shown[i] !== id) cells[i].replaceChildren((shown[i] = id) ? nodeButton(this.context, id) : "");
    }
    cells[10].classList.toggle("alarm", s.queued > 1 << 16);
  }

  draw() {
    plot($("plot-bytes"), this.#history, "bytes", "B");
    plot($("plot-messages"), this.#history, "messages", "");
  }
}

// plot draws two lines over the last two minutes, in the colours of the page.
function plot(canvas, history, what, unit) {
  const { clientWidth: w, clientHeight: h } = canvas, ratio = window.devicePixelRatio || 1;
  if (!w || !h) return;
  canvas.width = w * ratio;
  canvas.height = h * ratio;
  const c = canvas.getContext("2d"), style = getComputedStyle(canvas);
  const colors = [...canvas.parentElement.querySelectorAll("figcaption b")].map(b => getComputedStyle(b).color);
  c.scale(ratio, ratio);
  const top = niceTop(Math.max(10, ...history.flatMap(p => p[what])));
  const now = history.at(-1)?.ts ?? 0, x = ts => w - (now - ts) / 1000 / span * w, y = v => h - 2 - v / top * (h - 16);
  c.strokeStyle = style.borderTopColor;
  c.font = "11px system-ui, sans-serif";
  c.lineWidth = 1;
  for (const v of [0, top / 2, top]) {
    c.beginPath();
    c.moveTo(0, Math.round(y(v)) + 0.5);
    c.lineTo(w, Math.round(y(v)) + 0.5);
    c.stroke();
  }
  colors.forEach((color, i) => {
    c.strokeStyle = color;
    c.lineWidth = 1.5;
    c.setLineDash(i ? [4, 3] : []);
    c.beginPath();
    history.forEach((p, n) => n ? c.lineTo(x(p.ts), y(p[what][i])) : c.moveTo(x(p.ts), y(p[what][i])));
    c.stroke();
  });
  c.setLineDash([]);
  c.fillStyle = style.color;
  c.fillText(short(top).replace(/[kMGT]?$/, " $&") + unit, 3, 10);
  const last = history.at(-1)?.[what] ?? [0, 0];
  canvas.setAttribute("aria-label", `${what} per second: ${short(last[0])} in, ${short(last[1])} out`);
}

function niceTop(v) {
  const size = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].map(f => f * size).find(t => t >= v);
}
