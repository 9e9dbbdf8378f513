// Dialogs: one at a time, closed by Escape or their button.

import { $, el } from "./dom.js";

// openDialog shows the children under a title. The last one, if it is a button,
// stands beside the one that cancels.
export function openDialog(title, ...children) {
  const dialog = $("dialog"), last = children.at(-1), main = last instanceof HTMLButtonElement ? children.pop() : undefined;
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, main ? "Cancel" : "Close");
  dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), ...children, el("p", { class: "buttons" }, cancel, main));
  if (!dialog.open) dialog.showModal();
  return dialog;
}

const keys = [
  ["arrows", "to the next node in that direction"], ["Enter", "inspect the node; again, open its subflow"], ["Space", "press an inject node's button; switch a debug node"],
  ["w", "from a node to its wire and its last messages"], ["Escape", "select nothing; leave a subflow"], ["+ − 0", "larger, smaller, fit"], ["/", "find a node"], ["[ ]", "the flow before, the next"],
];

export function showKeys() {
  openDialog("Keys", el("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)])),
    el("p", { class: "quiet" }, "With the mouse: drag or wheel to move, Ctrl and wheel to zoom, double-click to open a subflow."));
}

// askToLogIn asks until login has succeeded.
export function askToLogIn(login, why) {
  return new Promise(resolve => {
    const name = el("input", { id: "username", autocomplete: "username", required: true }), password = el("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
    const wrong = el("p", { class: "bad", role: "alert" }, why || ""), submit = el("button", { type: "submit", class: "main" }, "Log in");
    const form = el("form", { class: "login", onsubmit: async event => {
      event.preventDefault();
      submit.disabled = true;
      try {
        await login(name.value, password.value);
        dialog.removeEventListener("cancel", stay);
        dialog.close();
        resolve();
      } catch (error) {
        wrong.textContent = error.message;
      }
      submit.disabled = false;
    } }, el("label", {}, "User", name), el("label", {}, "Password", password), wrong, submit);
    const dialog = $("dialog"), stay = event => event.preventDefault();
    dialog.addEventListener("cancel", stay);
    dialog.replaceChildren(el("h2", { id: "dialog-title" }, "Log in to flowrun"), form);
    if (!dialog.open) dialog.showModal();
    name.focus();
  });
}
