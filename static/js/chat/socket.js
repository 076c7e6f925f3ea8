// static/js/chat/socket.js – the live connection of a chat client. Knows frames, heartbeats and retries, never the page.
import { browserEnv } from "./env.js";

const SILENCE = 60_000; // nothing heard for this long: the connection is dead
const WELCOME = 10_000; // hello without welcome
const FINAL = new Set([1000, 4400, 4401, 4403, 4404, 4409]); // refused: trying again cannot help

/** Milliseconds to wait before attempt `failures` + 1 after a close with `code`. Full jitter, 0.5–15 s. */
export function retryDelay(code, failures, random) {
  if (code === 1001) return random() * 5_000; // the server restarts: spread the crowd
  if (code === 4429) return 5_000 + random() * 10_000;
  const ceiling = Math.min(15_000, 500 * 2 ** Math.max(1, failures));
  return 500 + random() * (ceiling - 500);
}

/**
 * A connection that keeps itself up. Options:
 *   url        "/ws/visitor/" or absolute
 *   hello      () => ({token, cursors}); asked at every connect, so cursors are fresh
 *   onFrame    (frame) => void; every frame but ping and pong
 *   onState    ({state, code, retryIn}) => void; state: connecting | online | waiting | refused | closed
 */
export class ChatSocket {
  #options; #env; #socket = null; #timers = {}; #failures = 0; #heard = 0; #heartbeat = 25_000;
  state = "closed";

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
  }

  /** Connect now, also when a retry is waiting. Does nothing while a connection is up or being made. */
  open() {
    if (this.state === "connecting" || this.state === "online") return;
    this.#stopTimers();
    this.#become("connecting");
    const socket = this.#env.connect(absolute(this.#options.url));
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code }) => this.#socket === socket && this.#lost(code);
    this.#after("welcome", WELCOME, () => this.#drop());
  }

  /** Send one frame; false when there is no connection that was welcomed. */
  send(frame) {
    if (this.state !== "online" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Throw the connection away and make a new one at once: the next hello carries the cursors. */
  reconnect() {
    this.#detach();
    this.state = "waiting";
    this.open();
  }

  /** The network went away (browser's word for it). A socket may look open for minutes, so it is dropped. */
  offline() {
    if (this.state === "connecting" || this.state === "online") this.#drop();
  }

  /** Something suggests that it works now: network back, tab shown again. */
  nudge() {
    if (this.state === "waiting") this.open();
    else if (this.state === "online" && this.#env.now() - this.#heard > SILENCE) this.reconnect();
  }

  close() {
    this.#detach(1000);
    this.#become("closed");
  }

  #greet(socket) {
    if (this.#socket !== socket) return;
    socket.send(JSON.stringify({ type: "hello", v: 1, ...this.#options.hello() }));
  }

  #receive(data) {
    this.#heard = this.#env.now();
    const frame = JSON.parse(data);
    if (frame.type === "ping") return this.#socket.send('{"type":"pong"}');
    if (frame.type === "pong") return undefined;
    if (frame.type === "welcome") this.#welcomed(frame);
    return this.#options.onFrame(frame);
  }

  #welcomed(frame) {
    this.#env.clearTimeout(this.#timers.welcome);
    this.#failures = 0;
    this.#heartbeat = (frame.heartbeat ?? 25) * 1_000;
    this.#beat();
    this.#become("online");
  }

  #beat() {
    this.#after("beat", this.#heartbeat, () => {
      if (this.#env.now() - this.#heard >= SILENCE) return this.#drop();
      this.send({ type: "ping" });
      return this.#beat();
    });
  }

  #drop() {
    this.#detach();
    this.#lost(1006);
  }

  #lost(code) {
    this.#detach();
    if (FINAL.has(code)) return this.#become("refused", { code });
    const retryIn = retryDelay(code, ++this.#failures, this.#env.random);
    this.#after("retry", retryIn, () => this.open());
    return this.#become("waiting", { code, retryIn });
  }

  #detach(code) {
    this.#stopTimers();
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < 2) socket.close(code);
  }

  #become(state, detail = {}) {
    this.state = state;
    this.#options.onState?.({ state, ...detail });
  }

  #after(name, ms, fn) {
    this.#env.clearTimeout(this.#timers[name]);
    this.#timers[name] = this.#env.setTimeout(fn, ms);
  }

  #stopTimers() {
    for (const id of Object.values(this.#timers)) this.#env.clearTimeout(id);
    this.#timers = {};
  }
}

/** Tell `socket` what the browser learns about the network and the tab. Returns a function that stops it. */
export function followBrowser(socket, target = window) {
  const shown = () => target.document.visibilityState === "visible" && socket.nudge();
  const handlers = { online: () => socket.nudge(), offline: () => socket.offline(), pageshow: shown };
  for (const [name, fn] of Object.entries(handlers)) target.addEventListener(name, fn);
  target.document.addEventListener("visibilitychange", shown);
  return () => {
    for (const [name, fn] of Object.entries(handlers)) target.removeEventListener(name, fn);
    target.document.removeEventListener("visibilitychange", shown);
  };
}

function absolute(url) {
  if (/^wss?:/.test(url)) return url;
  return new URL(url, location.href).href.replace(/^http/, "ws");
}
