// Deploys a file that is dropped on the page or chosen: first the plan, then,
// if people say so, the deploy.

import { call } from "./api.js";
import { $, el, toast } from "./dom.js";
import { openDialog } from "./dialog.js";

const types = [["nodes", "what changed"], ["flows", "what changed, and all that is wired to it"], ["full", "everything"]];

const parts = [["add", "new"], ["restart", "restarted"], ["remove", "removed"], ["rewire", "rewired, and go on running"]];

export function listenForFiles(done) {
  let inside = 0;
  const over = on => { $("drop").hidden = !on; };
  addEventListener("dragenter", event => { event.preventDefault(); inside++; over(true); });
  addEventListener("dragover", event => event.preventDefault());
  addEventListener("dragleave", () => { if (--inside <= 0) over(inside = 0); });
  addEventListener("drop", event => {
    event.preventDefault();
    over(inside = 0);
    if (event.dataTransfer.files.length > 1) toast("Drop one file at a time.", "bad");
    else if (event.dataTransfer.files.length === 1) plan(event.dataTransfer.files[0], done);
  });
  $("deploy").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", event => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) plan(file, done);
  });
}

async function plan(file, done) {
  const text = await file.text(), type = el("select", { id: "deploy-type" }, ...types.map(([value, what]) => el("option", { value }, `${value}: ${what}`)));
  const body = el("div", { class: "plan", "aria-live": "polite" }), deploy = el("button", { type: "button", class: "main", id: "deploy-now" }, "Deploy");
  const query = rev => `?${new URLSearchParams({ name: file.name, type: type.value, ...(rev && { rev }) })}`;
  let rev;
  const refresh = async () => {
    deploy.disabled = true;
    try {
      const answer = await call("POST", "console/plan" + query(), { body: text });
      rev = answer.rev;
      body.replaceChildren(...planElements(answer));
      deploy.disabled = !answer.ok;
    } catch (error) {
      body.replaceChildren(el("p", { class: "bad" }, error.message));
    }
  };
  type.addEventListener("change", refresh);
  const dialog = openDialog(`Deploy ${file.name}`, el("label", { class: "row" }, "restart ", type), body, deploy);
  deploy.addEventListener("click", async () => {
    deploy.disabled = true;
    try {
      const answer = await call("POST", "console/deploy" + query(rev), { body: text });
      dialog.close();
      toast("Deployed.", "good");
      done(answer);
    } catch (error) {
      const text = error.status === 409 ? "Other flows were deployed meanwhile. Here is the new plan." : error.message;
      if (error.status === 409) await refresh();
      body.prepend(el("p", { class: "bad" }, text), ...problemElements(error.body?.problems));
    }
  });
  await refresh();
}

function planElements(answer) {
  if (!answer.ok) return [el("p", { class: "bad" }, "This file cannot be deployed; what runs is left alone."), ...problemElements(answer.problems)];
  const changes = parts.filter(([key]) => answer[key].length);
  return [
    el("p", {}, answer.flows.length === 1 ? "1 flow: " : `${answer.flows.length} flows: `, answer.flows.join(", ")),
    ...problemElements(answer.problems),
    changes.length === 0 && el("p", {}, "Nothing changes."),
    ...changes.map(([key, what]) => el("details", { class: "change " + key, open: answer[key].length <= 12 },
      el("summary", {}, `${answer[key].length} ${answer[key].length === 1 ? "node" : "nodes"} ${what}`),
      el("ul", {}, ...answer[key].slice(0, 500).map(n => el("li", {}, n.name || n.type, " ", el("span", { class: "quiet" }, `${n.name ? n.type + " · " : ""}${n.id}`)))))),
  ].filter(Boolean);
}

function problemElements(problems) {
  if (!problems?.length) return [];
  return [el("ul", { class: "problems" }, ...problems.map(p => el("li", { class: p.severity },
    el("b", {}, p.severity), p.line ? ` line ${p.line}:${p.column} ` : " ", p.id && el("code", {}, p.id), ` ${p.message}`, p.hint && el("div", { class: "quiet" }, p.hint))))];
}
