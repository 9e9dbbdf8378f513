// What the editor of Node-RED shows of each node type: colour, label and icon.

const silver = "#c0c0c0", logic = "#e2d96e", parser = "#debd5c", wood = "#deb887", timer = "#e6e0f8", link = "#dddddd", http = "#e7e7ae";

const colors = {
  inject: "#a6bbcf", debug: "#87a980", complete: "#c0edc0", catch: "#e49191", status: "#94c1d0",
  "link in": link, "link out": link, "link call": link, comment: "", unknown: "#ffeeee",
  function: "#fdd0a2", switch: logic, change: logic, range: logic, template: "#f3b567", delay: timer, trigger: timer,
  exec: "#e9967a", rbe: logic, "mqtt in": "#d8bfd8", "mqtt out": "#d8bfd8", "http in": http, "http response": http, "http request": http,
  "websocket in": "#d7d7a0", "websocket out": "#d7d7a0",
  "tcp in": silver, "tcp out": silver, "tcp request": silver, "udp in": silver, "udp out": silver,
  "tcp-listen": silver, "tcp-connect": silver, "tcp-send": silver, "tcp-disconnect": silver, "udp-in": silver, "udp-out": silver,
  csv: parser, html: parser, json: parser, xml: parser, yaml: parser,
  split: logic, join: logic, sort: logic, batch: logic, file: wood, "file in": wood, watch: wood,
};

export function colorOf(node, definition) {
  if (definition) return definition.color || "#dda0dd"; // a subflow instance
  return colors[node.type] ?? "#eeeeee"; // a comment has that of the page
}

// An icon is a path in a box of 20 by 20, drawn in white lines, or up to three
// letters.
const net = "M3 10h14M6 6.5 2.5 10 6 13.5M14 6.5l3.5 3.5-3.5 3.5";
const icons = {
  inject: "M2 10h10M8.5 6l4 4-4 4M12 3h5v14h-5", debug: "M3 5h14M3 10h14M3 15h8", complete: "M3 10l5 5 9-10",
  catch: "M10 4v7M10 15v1", status: "M2 10h4l2-5 4 10 2-5h4", function: "ƒ",
  "link in": "M2 10h9M8 6.5l3.5 3.5L8 13.5M13 4h4v12h-4", "link out": "M7 4H3v12h4M8 10h9M13.5 6.5 17 10l-3.5 3.5",
  "link call": "M3 7h12l-3-3M17 13H5l3 3", comment: "M3 4h14v9H9l-3 3v-3H3z",
  switch: "M2 10h5l4-5h6M7 10l4 5h6M7 10h10", change: "M3 6h12l-3-3M17 14H5l3 3", range: "M3 16 17 4M3 16h4M13 4h4", template: "{ }",
  delay: "M10 3a7 7 0 1 0 .01 0M10 6v4l3 2", trigger: "M2 14h5V6h6v8h5", exec: "M3 5l5 5-5 5M10 15h7", rbe: "M2 14h5V6h4v8h7",
  csv: ",", html: "<>", json: "{}", xml: "</>", yaml: "- -",
  split: "M3 10h5M8 4h9M8 10h9M8 16h9M8 4v12", join: "M17 10h-5M3 4h9M3 10h9M3 16h9M12 4v12", sort: "M3 5h14M3 10h10M3 15h6",
  batch: "M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z", file: "M5 2h7l4 4v12H5zM12 2v4h4", "file in": "M5 2h7l4 4v12H5zM12 2v4h4",
  watch: "M2 10c4-6 12-6 16 0-4 6-12 6-16 0M10 8a2 2 0 1 0 .01 0", "tcp-disconnect": "M3 10h5M12 10h5M8 6v8M12 6v8",
  subflow: "M2 7h6v6H2zM12 3h6v5h-6zM12 12h6v5h-6zM8 10h2V5.500h2M10 10v4.500h2",
};

export function iconOf(node, definition) {
  if (definition) return icons.subflow;
  return icons[node.type] || (/tcp|udp|http|mqtt|websocket/.test(node.type) ? net : "M4 4h12v12H4z");
}

const units = { milliseconds: "ms", minutes: "min", hours: "h", days: "d" };

// Nodes without a name have a label that says what they do.
const labels = {
  inject: n => {
    const props = n.props || [];
    const payload = props.find(p => p.p === "payload") || props[0] || n;
    const type = payload.vt || n.payloadType || "date", value = payload.v ?? n.payload ?? "";
    if (type === "date") return "timestamp";
    return String(value) || type;
  },
  debug: n => n.complete === "true" || n.targetType === "full" ? "msg" : "msg." + (n.complete && n.complete !== "false" ? n.complete : "payload"),
  catch: n => "catch: " + (Array.isArray(n.scope) ? n.scope.length : n.uncaught ? "uncaught" : n.scope || "all"),
  status: n => "status: " + (Array.isArray(n.scope) ? n.scope.length : n.scope || "all"),
  complete: n => "complete: " + (n.scope || []).length,
  delay: n => n.pauseType === "rate" ? `limit ${n.rate || 1} msg` : n.pauseType === "delay" ? `delay ${n.timeout ?? 5} ${units[n.timeoutUnits] || "s"}` : "delay",
  "http in": n => `[${n.method || "get"}] ${n.url || ""}`,
  "file in": n => n.filename, file: n => n.filename,
};
for (const type of ["tcp-listen", "tcp-connect", "udp-in", "udp-out"]) {
  labels[type] = n => n.port ? `${type} ${n.host && type !== "tcp-listen" && type !== "udp-in" ? n.host : ""}:${n.port}` : type;
}

export function labelOf(node, definition) {
  if (node.name) return node.name;
  if (definition) return definition.name || "subflow";
  return String((labels[node.type] && labels[node.type](node)) || node.type);
}

// The colours of badges, as far as Node-RED knows them.
export const badgeColors = { red: "#c00", green: "#5a8", yellow: "#f9df31", blue: "#53a3f3", grey: "#d3d3d3", gray: "#d3d3d3" };
