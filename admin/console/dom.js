// Makes elements. Text is always text: nothing here parses HTML.

export const $ = id => document.getElementById(id);

// el makes an HTML element: el("button", {type: "button", onclick}, "text", child …).
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

const svgNamespace = "http://www.w3.org/2000/svg";

// svg makes an SVG element.
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false && !key.startsWith("aria-")) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : value);
  }
  element.append(...children.filter(c => c !== undefined && c !== null && c !== false));
  return element;
}

// short prints a count so that it takes five characters at most.
export function short(n) {
  if (n < 1000) return String(Math.round(n));
  for (const [unit, size] of [["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12]]) {
    if (n < 999.5 * size) return (n / size).toFixed(n < 9.95 * size ? 1 : 0).replace(/\.0$/, "") + unit;
  }
  return n.toExponential(0);
}

export function rateText(r) { return (r < 10 ? r.toFixed(1).replace(/\.0$/, "") : short(r)) + "/s"; }

export function duration(seconds) {
  const s = Math.floor(seconds);
  if (s < 60) return s + " s";
  if (s < 3600) return `${Math.floor(s / 60)} m ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

export const clock = ms => new Date(ms).toLocaleTimeString([], { hour12: false }) + "." + String(ms % 1000).padStart(3, "0");

// tabList makes a row of tabs usable by keyboard: arrows, Home and End.
export function tabList(row) {
  row.addEventListener("keydown", event => {
    const tabs = [...row.querySelectorAll("[role=tab]")];
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    tab.click();
  });
}

let toastTimer;
export function toast(text, kind = "") {
  const box = $("toast");
  box.textContent = text;
  box.className = "toast " + kind;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, kind === "bad" ? 8000 : 3500);
}
