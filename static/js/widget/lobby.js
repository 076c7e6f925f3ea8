// static/js/widget/lobby.js – words written before there is a session: they wait here while one is opened.
import { browserEnv } from "../chat/env.js";

const WAITS = [0, 2_000, 4_000]; // as for a send: three attempts
const OLD = 60_000;

/**
 * Options: store (EntryStore), owner() (whom the shop names as signed in, "" for nobody), open() → Promise,
 * deliver(entry), onChange(). Entries look like outbox entries. Words of a signed-in customer are shown to nobody else.
 */
export class Lobby {
  #options; #env;

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
  }

  entries() {
    const owner = this.#options.owner();
    return this.#options.store.all().filter((entry) => !entry.owner || entry.owner === owner).sort((a, b) => a.at - b.at);
  }

  /** Whether words are on their way in: those that follow take the same way. */
  get busy() {
    return this.#sending().some((entry) => !this.#isOld(entry));
  }

  say(body) {
    this.#put({ ref: this.#env.uuid(), kind: "text", body, payload: {}, at: this.#env.now() }, "sending");
    return this.#bringIn();
  }

  /** Keep words that had no chance elsewhere; they are sent when the customer says so. */
  keep({ kind, body, payload, at }) {
    const final = "attachment" in payload; // a file belongs to the chat that it was uploaded to
    this.#put({ ref: this.#env.uuid(), kind, body, payload, at, final }, "failed");
  }

  /** False when `ref` is not one of ours. */
  resend(ref) {
    const entry = this.#options.store.get(ref);
    if (!entry) return false;
    this.#put({ ...entry, at: this.#env.now() }, "sending");
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
    this.#age();
    if (this.busy) this.#bringIn();
  }

  async #bringIn() {
    this.#options.onChange();
    const opened = await this.#open();
    this.#age();
    for (const entry of this.#sending()) {
      if (!opened) this.#put(entry, "failed");
      else this.#deliver(entry);
    }
    this.#options.onChange();
  }

  #sending() {
    return this.entries().filter(({ state }) => state === "sending");
  }

  #isOld({ at }) {
    return this.#env.now() - at > OLD;
  }

  #age() {
    for (const entry of this.#sending()) if (this.#isOld(entry)) this.#put(entry, "failed");
  }

  /** Another tab may do the same: the ref stays, so it is stored once. At any moment the words stand in one place or both. */
  #deliver(entry) {
    this.#options.deliver(entry);
    this.remove(entry.ref);
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
    this.#options.store.put({ owner: this.#options.owner(), ...entry, state });
  }
}
