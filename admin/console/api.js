// Talks to the admin API. The token lives as long as the browser's tab.

const tokenKey = "flowrun-token";

export const token = {
  get: () => sessionStorage.getItem(tokenKey) || "",
  set: value => value ? sessionStorage.setItem(tokenKey, value) : sessionStorage.removeItem(tokenKey),
};

// Unauthorized says that the API wants people to log in, or to be somebody else.
export class Unauthorized extends Error {}

// call makes a request and returns the answer's JSON, or undefined if it has
// none. An answer that is an error is thrown, with its body.
export async function call(method, path, { body, headers = {} } = {}) {
  if (token.get()) headers.Authorization = "Bearer " + token.get();
  const answer = await fetch(path, { method, body, headers, cache: "no-store" });
  if (answer.status === 401) throw new Unauthorized(token.get() ? "you may not do that" : "log in first");
  const text = await answer.text();
  const json = (answer.headers.get("Content-Type") || "").includes("json") && text ? JSON.parse(text) : undefined;
  if (!answer.ok) throw Object.assign(new Error(json?.message || json?.error_description || text || answer.statusText), { status: answer.status, body: json });
  return json;
}

export async function login(username, password) {
  const body = JSON.stringify({ client_id: "node-red-editor", grant_type: "password", scope: "", username, password });
  const answer = await fetch("auth/token", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.error_description || "the login failed");
  token.set(json.access_token);
}

export async function logout() {
  const old = token.get();
  token.set("");
  if (old) await fetch("auth/revoke", { method: "POST", body: JSON.stringify({ token: old }), headers: { "Content-Type": "application/json", Authorization: "Bearer " + old } });
}

// Feed is the websocket of the console. It comes back by itself; frames go to
// on[frame.t], and the state of the line to on.state.
export class Feed {
  #socket;
  #wait = 250;
  #closed = false;
  constructor(on) { this.on = on; }

  open() {
    this.#closed = false;
    const url = new URL("console/ws", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    const protocols = token.get() ? ["flowrun", "bearer." + token.get()] : [];
    const socket = this.#socket = new WebSocket(url, protocols);
    socket.onopen = () => { this.#wait = 250; this.on.state("live"); };
    socket.onmessage = event => {
      const frame = JSON.parse(event.data);
      this.on[frame.t]?.(frame);
    };
    socket.onclose = () => {
      if (this.#closed || socket !== this.#socket) return;
      this.on.state("lost");
      setTimeout(() => this.#closed || this.open(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, 5000);
    };
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  send(request) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }
}
