// static/js/chat/outbox.js – messages on their way out: three attempts, then "failed" and an owed `cancel`.
// What the screen finally shows is what the server stored: failed only after `cancelled`, sent only after `ack`.
import { browserEnv } from "./env.js";

const WAITS = [2_000, 4_000, 4_000]; // after attempts 1, 2, 3
const CANCEL_WAIT = 4_000;
const ADOPT = 1_500; // an entry this much overdue has lost its tab

/**
 * States of an entry: `sending` (attempts run) → gone on ack, or `unconfirmed` (given up, cancel owed; the screen says
 * failed) → `failed` (the server will never store this ref) or gone, when it was stored after all.
 *
 * Options: transmit(frame) → sent?, store (EntryStore), owner (id of this tab), onChange(), onStored(message).
 */
export class Outbox {
  #options; #env; #store; #timer = null; #lastAt = 0;

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
    this.#store = options.store;
    this.#store.subscribe?.(() => this.#changed());
    this.#schedule();
  }

  /** Send a message; returns its ref. It is on the screen and in the store before it is on the wire. */
  send(session, { kind = "text", body = "", payload = {}, ref = this.#env.uuid(), at = this.#env.now() }) {
    this.#lastAt = Math.max(at, this.#lastAt + 1); // keeps the order within a millisecond
    this.#attempt({ ref, session, kind, body, payload, state: "sending", attempt: 0, at: this.#lastAt });
    this.#changed();
    return ref;
  }

  /** What the screen shows below the log, oldest first. */
  entries(session) {
    const shown = this.#store.all().filter((entry) => entry.session === session && !entry.hidden);
    return shown.sort((a, b) => a.at - b.at);
  }

  /** A connection is up: repeat what is unanswered (the server knows the refs) and pay the cancels owed. */
  connected() {
    for (const entry of this.#inOrder(this.#mine())) this.#transmit(entry);
    this.#schedule();
  }

  /** Take an `ack`, `nack` or `cancelled` frame; false when it is about nothing of ours. */
  handle(frame) {
    const entry = frame.ref && this.#store.get(frame.ref);
    if (!entry || !["ack", "nack", "cancelled"].includes(frame.type)) return false;
    if (frame.type === "ack") this.#stored(entry, frame);
    else if (frame.type === "cancelled") this.#dead(entry, "cancelled", "");
    else if (!frame.retryable) this.#dead(entry, frame.code, frame.detail);
    this.#changed();
    return true;
  }

  /** A `message` frame shows `ref`: stored, whichever connection or tab brought the news. */
  confirm(ref) {
    if (!this.#store.get(ref)) return;
    this.#store.drop(ref);
    this.#changed();
  }

  /** Stop the clock of this tab; what is unsent stays in the store. */
  close() {
    this.#env.clearTimeout(this.#timer);
  }

  /** Send again under a new ref, as soon as the old one is known to be dead. */
  resend(ref) {
    const entry = this.#store.get(ref);
    if (entry?.state === "unconfirmed") this.#store.put({ ...entry, again: true });
    else if (entry?.state === "failed") this.#replace(entry);
    this.#changed();
  }

  /** Take the bubble away. An unconfirmed one still owes its cancel; if it was stored, the log shows it. */
  remove(ref) {
    const entry = this.#store.get(ref);
    if (entry?.state === "failed") this.#store.drop(ref);
    else if (entry?.state === "unconfirmed") this.#store.put({ ...entry, hidden: true, again: false });
    this.#changed();
  }

  /** The session is gone: what it has not confirmed, for the caller to keep. */
  takeBack(session) {
    const mine = this.entries(session);
    for (const { ref } of mine) this.#store.drop(ref);
    return mine;
  }

  #replace({ ref, session, kind, body, payload }) {
    this.#store.drop(ref);
    this.send(session, { kind, body, payload });
  }

  #stored(entry, { seq, at }) {
    this.#store.drop(entry.ref);
    const { ref, session, kind, body, payload } = entry;
    this.#options.onStored?.({ ref, session, kind, body, payload, seq, at });
  }

  #dead(entry, code, detail) {
    if (entry.hidden) return this.#store.drop(entry.ref);
    if (entry.again) return this.#replace(entry);
    const told = code === "cancelled" ? { code: entry.code, detail: entry.detail } : { code, detail };
    return this.#store.put({ ...entry, ...told, state: "failed", due: null });
  }

  #attempt(entry) {
    const attempt = entry.attempt + 1;
    const next = { ...entry, attempt, owner: this.#options.owner, due: this.#env.now() + WAITS[attempt - 1] };
    this.#store.put(next);
    for (const one of this.#inOrder([next])) this.#transmit(one);
    this.#schedule();
  }

  #giveUp(entry) {
    const owed = { ...entry, state: "unconfirmed", owner: this.#options.owner, due: this.#env.now() + CANCEL_WAIT };
    this.#store.put(owed);
    this.#transmit(owed);
    this.#changed();
  }

  #transmit({ ref, session, kind, body, payload, attempt, state }) {
    if (state === "unconfirmed") return this.#options.transmit({ type: "cancel", ref, session });
    return this.#options.transmit({ type: "send", ref, session, kind, body, payload, attempt });
  }

  /** Entries this tab drives: its own, and those whose tab is gone. Two drivers are harmless: refs are idempotent. */
  #mine() {
    const overdue = this.#env.now() - ADOPT;
    const mine = this.#open().filter(({ owner, due }) => owner === this.#options.owner || due < overdue);
    return mine.sort((a, b) => a.at - b.at);
  }

  /** `entries` behind what another tab has written before them: the screens show that above them, so it is stored before. */
  #inOrder(entries) {
    const above = (one) => ({ session, at }) => one.state === "sending" && one.owner !== this.#options.owner && one.session === session && one.at < at;
    const chosen = this.#open().filter((one) => entries.some(({ ref }) => ref === one.ref) || entries.some(above(one)));
    return chosen.sort((a, b) => a.at - b.at);
  }

  #open() {
    return this.#store.all().filter(({ state }) => state !== "failed");
  }

  #run() {
    const now = this.#env.now();
    for (const entry of this.#mine().filter(({ due }) => due <= now)) {
      if (entry.state === "sending" && entry.attempt < WAITS.length && !this.#stale(entry)) this.#attempt(entry);
      else this.#giveUp(entry);
    }
    this.#schedule();
  }

  /** An entry found long after its time (the page was closed) is not sent by surprise: it fails and may be resent. */
  #stale(entry) {
    return this.#env.now() - entry.at > 60_000;
  }

  #schedule() {
    this.#env.clearTimeout(this.#timer);
    const open = this.#open();
    if (!open.length) return;
    const delays = open.map(({ owner, due }) => due + (owner === this.#options.owner ? 0 : ADOPT + 1) - this.#env.now());
    this.#timer = this.#env.setTimeout(() => this.#run(), Math.max(0, Math.min(...delays)));
  }

  #changed() {
    this.#schedule();
    this.#options.onChange?.();
  }
}
