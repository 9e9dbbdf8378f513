// Shows values as the debug sidebar of Node-RED does: objects and lists open on
// a click, Buffers are hex or text. Values come as text and a format, see
// /comms in Node-RED.

import { el } from "./dom.js";

const pageOf = 100; // how many items of a list are shown at once

// valueElement shows what a debug node or a wire had.
export function valueElement({ msg, format = "" }, open = false) {
  const length = Number(/\[(\d+)\]/.exec(format)?.[1]);
  if (format.startsWith("string")) return leaf(quote(msg) + cut(msg.length < length ? length : 0), "string");
  if (format.startsWith("buffer")) return bufferElement(bytesOfHex(msg), length);
  if (format === "undefined" || format === "null") return leaf(format, "none");
  if (format === "number" || format === "boolean") return leaf(msg, format);
  if (format.startsWith("array") || format === "Object" || format === "error") {
    const value = parsed(msg);
    if (value !== undefined) return tree(value, open);
  }
  return leaf(String(msg), "other");
}

// plainElement shows a JSON value, such as a node's configuration.
export function plainElement(value, open = false) { return tree(value, open); }

// textOf is what a filter looks at.
export function textOf({ msg, format = "" }) {
  if (!format.startsWith("buffer")) return String(msg);
  return msg + " " + decode(bytesOfHex(msg));
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

function leaf(text, kind) { return el("span", { class: "value " + kind }, text); }

const quote = text => JSON.stringify(text);
const cut = length => length ? ` … ${length} characters` : "";

function tree(value, open) {
  if (value === null) return leaf("null", "none");
  switch (typeof value) {
    case "string": return leaf(quote(value), "string");
    case "number": return leaf(String(value), "number");
    case "boolean": return leaf(String(value), "boolean");
  }
  if (value.type === "Buffer" && Array.isArray(value.data)) return bufferElement(Uint8Array.from(value.data), value.length ?? value.data.length);
  if (value.__enc__) return encodedElement(value, open);
  if (Array.isArray(value)) return listElement(value, value.length, open);
  const keys = Object.keys(value);
  if (!keys.length) return leaf("{}", "other");
  return folded(() => summary(value), () => keys.map(key => [key, value[key]]), open);
}

// encodedElement shows what JSON cannot say.
function encodedElement({ type, data, length }, open) {
  switch (type) {
    case "array": return listElement(data, length, open);
    case "set": return listElement(data, length, open);
    case "map": return tree(data, open);
    case "error": return tree(data, open);
    case "undefined": return leaf("undefined", "none");
    case "number": case "bigint": return leaf(String(data), "number");
  }
  return leaf(data === undefined ? `[${type}]` : String(data), "other");
}

function listElement(list, length, open) {
  if (!length) return leaf("[]", "other");
  const entries = () => list.map((v, i) => [String(i), v]);
  return folded(() => `array[${length}]`, entries, open, length - list.length);
}

function summary(object) {
  const keys = Object.keys(object), text = keys.slice(0, 4).map(k => `${k}: ${brief(object[k])}`).join(", ");
  return `{ ${text}${keys.length > 4 ? ", …" : ""} }`;
}

function brief(v) {
  if (typeof v === "number" && !Number.isInteger(v) && String(v).length > 9) return String(Number(v.toPrecision(6)));
  if (v === null || typeof v === "number" || typeof v === "boolean") return String(v);
  if (typeof v === "string") return quote(v.length > 24 ? v.slice(0, 23) + "…" : v);
  if (Array.isArray(v)) return `array[${v.length}]`;
  return v.type === "Buffer" ? `buffer[${v.length ?? v.data?.length}]` : v.__enc__ ? v.type : "{…}";
}

// folded shows entries when it is opened for the first time.
function folded(head, entries, open, more = 0) {
  const body = el("div", { class: "entries-of" });
  const summary = el("summary", {}, head()), details = el("details", { class: "value tree" }, summary, body);
  let filled = false;
  const fillIn = () => {
    if (filled) return;
    filled = true;
    const all = entries();
    const add = from => {
      body.append(...all.slice(from, from + pageOf).map(([key, value]) => el("div", { class: "pair" }, el("span", { class: "key" }, key + ": "), tree(value, false))));
      if (all.length <= from + pageOf) return;
      const button = el("button", { type: "button", onclick: () => { button.remove(); add(from + pageOf); } }, `${all.length - from - pageOf} more`);
      body.append(button);
    };
    add(0);
    if (more > 0) body.append(el("div", { class: "quiet" }, `${more} more were not sent`));
  };
  const toggled = () => {
    summary.textContent = details.open && head().startsWith("{") ? "object" : head();
    if (details.open) fillIn();
  };
  details.addEventListener("toggle", toggled);
  if (open) {
    details.open = true;
    toggled();
  }
  return details;
}

function bytesOfHex(hex) {
  return Uint8Array.from(String(hex).match(/../g) || [], pair => parseInt(pair, 16));
}

const decode = bytes => new TextDecoder().decode(bytes);

// bufferElement shows bytes as hex and text in lines of 16; its head says what
// is in it.
function bufferElement(bytes, length) {
  const text = decode(bytes.slice(0, 40)).replace(/[\u0000-\u001f\u007f\ufffd]/g, "·");
  const details = el("details", { class: "value buffer" }, el("summary", {}, `buffer[${length}] `, el("span", { class: "string" }, quote(text + (length > 40 ? "…" : "")))));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(el("pre", {}, dump(bytes) + (length > bytes.length ? `\n… ${length - bytes.length} more bytes` : "")));
  });
  return details;
}

function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const hex = row.map(b => b.toString(16).padStart(2, "0")).join(" ");
    lines.push(at.toString(16).padStart(4, "0") + "  " + hex.padEnd(48) + " " + row.map(b => b >= 32 && b < 127 ? String.fromCharCode(b) : "·").join(""));
  }
  return lines.join("\n");
}
