// static/js/widget/lobby.js – words written before there is a session: they wait here while one is opened.
import { browserEnv } from "../chat/env.js";

const WAITS = [0, 2_000, 4_000]; // as for a send: three attempts
const OLD = 60_000;

/** Options: store (EntryStore), open() → Promise, deliver(entry), onChange(). Entries look like outbox entries. */
export class Lobby {
  #options; #env;

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
  }

  entries() {
    return this.#options.store.all().sort((a, b) => a.at - b.at);
  }

  say(body) {
    this.#put({ ref: this.#env.uuid(), kind: "text", body, payload: {}, at: this.#env.now() }, "sending");
    return this.#bringIn();
  }

  /** Keep words that had no chance elsewhere; they are sent when the customer says so. */
  keep({ ref, kind, body, payload, at }) {
    this.#put({ ref, kind, body, payload, at }, "failed");
  }

  /** False when `ref` is not one of ours. */
  resend(ref) {
    const entry = this.#options.store.get(ref);
    if (!entry) return false;
    this.#put(entry, "sending");
    this.#bringIn();
    return true;
  }

  remove(ref) {
    const known = Boolean(this.#options.store.get(ref));
    this.#options.store.drop(ref);
    return known;
  }

  /** The page came back: young words go on, old ones ask first. */
  recover() {
    const sending = this.entries().filter(({ state }) => state === "sending");
    for (const entry of sending) if (this.#env.now() - entry.at > OLD) this.#put(entry, "failed");
    if (this.entries().some(({ state }) => state === "sending")) this.#bringIn();
  }

  async #bringIn() {
    this.#options.onChange();
    const opened = await this.#open();
    for (const entry of this.entries().filter(({ state }) => state === "sending")) {
      if (!opened) this.#put(entry, "failed");
      else if (this.remove(entry.ref)) this.#options.deliver(entry);
    }
    this.#options.onChange();
  }

  async #open() {
    for (const wait of WAITS) {
      await new Promise((resolve) => { this.#env.setTimeout(resolve, wait); });
      const error = await this.#options.open().then(() => null, (reason) => reason);
      if (!error) return true;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) return false;
    }
    return false;
  }

  #put(entry, state) {
    this.#options.store.put({ ...entry, state });
  }
}
