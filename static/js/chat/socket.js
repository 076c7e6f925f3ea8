// static/js/chat/socket.js – the live connection of a chat client. Knows frames, heartbeats and retries, never the page.
import { browserEnv } from "./env.js";

const SILENCE = 60_000; // nothing heard for this long: the connection is dead
const STALE = 35_000; // a whole heartbeat has been missed: it may be
const PROBE = 3_000; // a ping of ours without an answer of any kind
const STEADY = 10_000; // a connection that lived shorter was another failure
const WELCOME = 10_000; // hello without welcome
const HELLO = 4_900; // the server waits five seconds for a hello, then it says 4401 as to a token that is none
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
 *   onState    ({state, code, retryAt, stale}) => void; state: connecting | online | waiting | refused | closed;
 *              retryAt is a time of the clock, stale says that an online one has been silent for too long
 */
export class ChatSocket {
  #options; #env; #socket = null; #timers = {}; #failures = 0; #heard = 0; #since = 0; #stale = false; #heartbeat = 25_000;
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
    this.#since = this.#env.now();
    const socket = this.#env.connect(absolute(this.#options.url));
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code }) => this.#socket === socket && this.#lost(code);
    this.#after("welcome", WELCOME, () => this.#drop());
  }

  /** Send one frame; false when there is no connection that was welcomed. One that has to be repeated is a reason to ask. */
  send(frame) {
    if (this.state !== "online" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    if (frame.attempt > 1) this.#probe();
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

  /** Something suggests that it works now: network back, tab shown again, a hand on "try now". */
  nudge() {
    if (this.state === "waiting") this.open();
    else if (this.state === "online" && this.#silent > SILENCE) this.reconnect();
    else if (this.state === "online" && this.#silent > PROBE) this.#probe();
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
    this.#hear();
    const frame = JSON.parse(data);
    if (frame.type === "ping") return this.#socket.send('{"type":"pong"}');
    if (frame.type === "pong") return undefined;
    if (frame.type === "welcome") this.#welcomed(frame);
    return this.#options.onFrame(frame);
  }

  #welcomed(frame) {
    this.#env.clearTimeout(this.#timers.welcome);
    this.#heartbeat = (frame.heartbeat ?? 25) * 1_000;
    this.#since = this.#env.now();
    this.#beat();
    this.#listen();
    this.#become("online");
  }

  #beat() {
    this.#after("beat", this.#heartbeat, () => {
      this.send({ type: "ping" });
      this.#beat();
    });
  }

  get #silent() {
    return this.#env.now() - this.#heard;
  }

  #hear() {
    this.#heard = this.#env.now();
    if (!this.#stale) return;
    this.#stale = false;
    this.#become("online");
  }

  #listen() {
    const silent = this.#silent;
    if (silent >= SILENCE) return this.#drop();
    if (silent >= STALE && !this.#stale) {
      this.#stale = true;
      this.#become("online", { stale: true });
    }
    return this.#after("silence", (silent < STALE ? STALE : SILENCE) - silent, () => this.#listen());
  }

  /** Ask whether it lives: a broken wire tells nobody. */
  #probe() {
    if (this.#timers.probe) return;
    const asked = this.#env.now();
    this.#socket.send('{"type":"ping"}');
    this.#after("probe", PROBE, () => {
      this.#timers.probe = null;
      if (this.#heard < asked) this.reconnect();
    });
  }

  #drop() {
    this.#detach();
    this.#lost(1006);
  }

  #lost(code) {
    this.#detach();
    const lived = this.#env.now() - this.#since;
    const unheard = code === 4401 && this.state === "connecting" && lived >= HELLO; // no verdict: our hello was too slow
    if (FINAL.has(code) && !unheard) return this.#become("refused", { code });
    if (this.state === "online" && lived >= STEADY) this.#failures = 0;
    const retryIn = retryDelay(code, ++this.#failures, this.#env.random);
    this.#after("retry", retryIn, () => this.open());
    return this.#become("waiting", { code, retryAt: this.#env.now() + retryIn });
  }

  #detach(code) {
    this.#stopTimers();
    this.#stale = false;
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
  const kept = ({ persisted }) => persisted && socket.offline(); // a page with an open socket is not kept for "back"
  const handlers = { online: () => socket.nudge(), offline: () => socket.offline(), pageshow: shown, pagehide: kept };
  for (const [name, fn] of Object.entries(handlers)) target.addEventListener(name, fn);
  for (const name of ["visibilitychange", "resume"]) target.document.addEventListener(name, shown);
  return () => {
    for (const [name, fn] of Object.entries(handlers)) target.removeEventListener(name, fn);
    for (const name of ["visibilitychange", "resume"]) target.document.removeEventListener(name, shown);
  };
}

function absolute(url) {
  if (/^wss?:/.test(url)) return url;
  return new URL(url, location.href).href.replace(/^http/, "ws");
}
