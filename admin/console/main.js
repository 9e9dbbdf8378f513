// The console: puts its parts together.

import { call, Feed, login, logout, token, Unauthorized } from "./api.js";
import { Canvas } from "./canvas.js";
import { listenForFiles } from "./deploy.js";
import { askToLogIn, showKeys } from "./dialog.js";
import { $, el, tabList, toast } from "./dom.js";
import { DebugPane, LogPane } from "./entries.js";
import { Inspector } from "./inspect.js";
import { Live, Model } from "./model.js";
import { Sessions } from "./sessions.js";

let model = new Model({ tabs: [], nodes: [], rev: "", sources: [], looks: {}, labels: {} });
let view; // what the canvas shows; undefined while there is nothing
const live = new Live();
const debugOn = new Map(); // debug nodes that have been switched here

const canvas = new Canvas($("canvas"), live, { select, open, press });
const context = {
  name: id => model.name(id), go, inFlow: id => model.locate(id)?.view.key === view?.key,
  selected: () => canvas.selected?.kind === "node" ? model.live(view, canvas.selected.id) : undefined,
  disconnect: s => attempt(() => call("DELETE", "sessions/" + encodeURIComponent(s.id)), `Session ${s.id} is closing.`),
};
const debug = new DebugPane(context), log = new LogPane(context), sessions = new Sessions(context);
const inspector = new Inspector({
  get model() { return model; }, live: () => live, view: () => view, drawing: () => canvas.drawing,
  select, press, open: box => enter(box), watch: outputs => feed.send({ op: "watch", outputs }),
});

const feed = new Feed({
  state: state => {
    $("link-state").textContent = state === "live" ? "live" : "no connection";
    $("link-state").className = "state " + state;
    if (state === "lost") checkAccess();
    else inspector.show(canvas.selected);
  },
  hello: frame => { $("version").textContent = frame.version; load(); },
  flows: () => { log.note("flows were deployed"); load(); },
  lost: frame => log.note(`this page was too slow: ${frame.n} updates are missing`),
  tick: frame => { canvas.refresh(live.tick(frame)); canvas.fade(); inspector.refresh(); },
  debug: frame => debug.add(frame.list, frame.lost),
  log: frame => {
    log.add(frame.list, frame.lost);
    debug.add(frame.list.filter(e => e.level <= 30).map(e => ({ ...e, ...asDebug(e.msg) })));
  },
  sessions: frame => sessions.show(frame),
  messages: frame => inspector.add(frame),
});

// asDebug gives the text of a log entry the form of a debug value.
const asDebug = msg => typeof msg === "string" ? { msg, format: "note" } : { msg: JSON.stringify(msg), format: "Object" };

// attempt does something that the API may refuse, and says so.
async function attempt(act, done) {
  try {
    await act();
    if (done) toast(done, "good");
  } catch (error) {
    if (error instanceof Unauthorized) return logIn(error.message);
    toast(error.message, "bad");
  }
}

// load fetches the flows and draws what was shown before.
async function load() {
  try {
    model = new Model(await call("GET", "console/flows"));
  } catch (error) {
    if (error instanceof Unauthorized) return logIn();
    return toast(error.message, "bad");
  }
  const before = view && [model.tabs.find(t => t.id === view.z && !view.definition), view.instance && model.locate(view.instance)];
  const hash = decodeURIComponent(location.hash.slice(1));
  if (before?.[1] && model.definition(before[1].node)) view = model.instanceView(before[1].view, before[1].node);
  else {
    const tab = before?.[0] || model.tabs.find(t => t.id === hash) || model.tabs.find(t => !t.disabled) || model.tabs[0];
    view = tab && model.tabView(tab);
  }
  draw();
}

function draw() {
  drawTabs();
  $("empty").hidden = Boolean(view);
  canvas.show(model, view || { key: "", z: "none", prefix: "" });
  const selected = canvas.selected;
  if (selected?.kind === "node" && !canvas.drawing.byID.has(selected.id) || selected?.kind === "wire" && !canvas.drawing.wires.some(w => w.from.id === selected.wire.from.id)) canvas.mark(undefined);
  inspector.show(canvas.selected);
  debug.refilter();
  document.body.dataset.ready = "true";
}

function drawTabs() {
  const views = model.tabs.map(t => model.tabView(t));
  for (let v = view; v?.parent; v = v.parent) views.splice(views.findIndex(w => w.key === rootOf(v).key) + 1, 0, v);
  $("tabs").replaceChildren(...views.map(v => el("button", {
    type: "button", role: "tab", "aria-selected": v.key === view?.key, "aria-controls": "stage", tabindex: v.key === view?.key ? undefined : -1,
    class: (v.definition ? "sub " : "") + (v.disabled ? "disabled" : ""), onclick: () => showView(v), title: v.disabled ? "this flow is disabled" : undefined,
  }, v.definition ? "↳ " + v.label : v.label)));
}

const rootOf = v => v.parent ? rootOf(v.parent) : v;

function showView(v) {
  if (view?.key === v.key) return;
  view = v;
  canvas.mark(undefined);
  if (!v.definition) history.replaceState(undefined, "", "#" + encodeURIComponent(v.z));
  const hadFocus = $("tabs").contains(document.activeElement);
  draw();
  if (hadFocus) $("tabs").querySelector("[aria-selected=true]")?.focus();
}

function select(selected) {
  if (!selected && view?.parent && !canvas.selected) return showView(view.parent);
  canvas.mark(selected);
  if (selected) showPane("inspect");
  inspector.show(selected);
  debug.refilter();
}

// open is Enter or a double click: details first, then the inside of a subflow.
function open(box) {
  showPane("inspect");
  enter(box);
}

function enter(box) {
  if (box.definition) showView(model.instanceView(view, box.node));
}

// go shows a node, wherever it stands.
function go(liveID) {
  const found = model.locate(liveID);
  if (!found) return toast("This node is not there any more.", "bad");
  showView(found.view);
  select({ kind: "node", id: found.node.id });
  canvas.reveal(found.node.id);
}

// press presses the button of an inject or debug node.
function press(box) {
  const id = model.live(view, box.id);
  if (box.node.type === "inject") {
    attempt(() => call("POST", "inject/" + encodeURIComponent(id)), `Injected: ${box.label}`);
  } else if (box.node.type === "debug") {
    const on = !(debugOn.get(id) ?? box.node.active !== false);
    attempt(async () => {
      await call("POST", `debug/${encodeURIComponent(id)}/${on ? "enable" : "disable"}`);
      debugOn.set(id, on);
    }, `${box.label} is ${on ? "on" : "off"}`);
  }
}

function showPane(name) {
  for (const tab of document.querySelectorAll("#side [role=tab]")) {
    const on = tab.id === "tab-" + name;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !on;
  }
}

// A browser does not say why a websocket was refused, so ask with a request.
async function checkAccess() {
  try {
    await call("GET", "console/flows");
  } catch (error) {
    if (error instanceof Unauthorized) logIn();
  }
}

let loggingIn;
function logIn(why) {
  loggingIn ??= (async () => {
    feed.close();
    if (token.get()) token.set("");
    await askToLogIn(login, why);
    loggingIn = undefined;
    $("logout").hidden = false;
    feed.open();
  })();
  return loggingIn;
}

// find goes to the next node whose name, type or id has the words.
let found = -1;
function find(words) {
  words = words.toLowerCase();
  const all = model.nodes.filter(n => typeof n.x === "number" && n.type !== "group" && model.tabs.some(t => t.id === (n.z || "")) && `${n.name || ""} ${n.type} ${n.id}`.toLowerCase().includes(words));
  if (!words || !all.length) return toast(words ? `There is no node with “${words}”.` : "", "bad");
  found = (found + 1) % all.length;
  go(all[found].id);
  toast(`${found + 1} of ${all.length}`);
}

const themes = { auto: "as the system", light: "light", dark: "dark" };
function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  localStorage.setItem("flowrun-theme", name);
  $("theme").textContent = "◐ " + name;
  $("theme").setAttribute("aria-label", "Colours: " + themes[name]);
  $("theme").dataset.name = name;
  sessions.draw();
}

setTheme(localStorage.getItem("flowrun-theme") in themes ? localStorage.getItem("flowrun-theme") : "auto");
$("theme").addEventListener("click", () => {
  const names = Object.keys(themes);
  setTheme(names[(names.indexOf($("theme").dataset.name) + 1) % names.length]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => sessions.draw());

for (const row of document.querySelectorAll("[role=tablist]")) tabList(row);
for (const tab of document.querySelectorAll("#side [role=tab]")) tab.addEventListener("click", () => showPane(tab.getAttribute("aria-controls")));
$("zoom-in").addEventListener("click", () => canvas.zoom(1.25));
$("zoom-out").addEventListener("click", () => canvas.zoom(0.8));
$("zoom-fit").addEventListener("click", () => canvas.fit());
$("help").addEventListener("click", showKeys);
$("logout").addEventListener("click", async () => { await logout(); logIn(); });
$("logout").hidden = !token.get();
$("find").addEventListener("input", () => { found = -1; });
$("find").addEventListener("keydown", event => { if (event.key === "Enter") find(event.target.value); });
addEventListener("keydown", event => {
  if (event.target.matches("input, select, textarea") || $("dialog").open || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { "[": -1, "]": 1 }[event.key], at = model.tabs.findIndex(t => view && t.id === rootOf(view).z);
  if (event.key === "/") $("find").focus();
  else if (event.key === "?") showKeys();
  else if (step && model.tabs.length) showView(model.tabView(model.tabs[(at + step + model.tabs.length) % model.tabs.length]));
  else return;
  event.preventDefault();
});
listenForFiles(() => load());
feed.open();
