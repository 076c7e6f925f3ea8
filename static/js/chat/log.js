// static/js/chat/log.js – the ordered list of one session's messages: applies by seq, finds gaps, acknowledges.
import { browserEnv } from "./env.js";

const RECEIVED_WAIT = 200; // the contract allows 300 ms
const GAP_WAIT = 200; // a frame overtaken by its successor gets this long before we ask
const GAP_RETRY = 3_000;

/**
 * Options: session, transmit(frame) → sent?, fetchPage({after|before, limit}) → Promise<{results, has_more}>, onChange(),
 * readUpTo (seq that was read on an earlier visit).
 * `items()` are message frames ascending; own messages known by `ack` alone (`confirm`) stand among them.
 */
export class MessageLog {
  #options; #env; #items = new Map(); #ahead = new Map(); #timers = {}; #loading = null;
  #receivedSent = 0; #readSent = 0; #readWanted = 0; #recalled = new Set(); #reloading = false; #closed = false;
  cursor = 0; hasOlder = false; marks = { delivered: 0, read: 0, undelivered: 0 };

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
    this.#readWanted = options.readUpTo ?? 0;
  }

  /** The seq up to which the user has looked. */
  get readUpTo() {
    return this.#readWanted;
  }

  items() {
    const known = [...this.#items.values(), ...[...this.#ahead.values()].filter(({ own }) => own)];
    return known.sort((a, b) => a.seq - b.seq);
  }

  /** Start from a page of the REST API (ascending); earlier ones can be loaded with `loadOlder`. */
  seed({ results, has_more: hasOlder = false }) {
    for (const frame of results) this.#keep(frame);
    this.hasOlder = hasOlder;
    this.#received();
    this.#changed();
  }

  /** Take a `message` frame. Returns "applied", "duplicate" or "gap" (kept aside, the gap is being fetched). */
  apply(frame) {
    const verdict = this.#place(frame);
    if (verdict === "gap") this.#after("gap", GAP_WAIT, () => this.#fill());
    else this.#received(verdict === "duplicate");
    if (verdict === "applied") this.#changed();
    return verdict;
  }

  /** An own message was acknowledged: show it in its place; the cursor moves when the log reaches it. */
  confirm(message) {
    if (this.#items.has(message.seq)) return;
    this.#ahead.set(message.seq, { ...message, own: true });
    this.#drain();
    if (this.#ahead.has(message.seq)) this.#after("gap", GAP_RETRY, () => this.#ahead.has(message.seq) && this.#fill());
    this.#changed();
  }

  /** Take a `receipt` frame: marks of the other side. */
  receipt({ delivered = 0, read = 0, undelivered = 0 }) {
    this.marks = {
      delivered: Math.max(this.marks.delivered, delivered, read),
      read: Math.max(this.marks.read, read),
      undelivered,
    };
    this.#changed();
  }

  /** sent | delivered | read | undelivered: how far message `seq` of ours has come. */
  stateOf(seq) {
    if (seq <= this.marks.read) return "read";
    if (seq <= this.marks.delivered) return "delivered";
    return seq <= this.marks.undelivered ? "undelivered" : "sent";
  }

  /** The user has seen everything up to `seq`. Sent once, now or when a connection is up. */
  markRead(seq = this.cursor) {
    this.#readWanted = Math.max(this.#readWanted, seq);
    if (this.#readWanted > this.#readSent && this.#transmit("read", this.#readWanted)) this.#readSent = this.#readWanted;
  }

  /** A new connection is up; `lastSeq` comes from its welcome. Replay follows; what it leaves out is fetched. */
  connected(lastSeq = 0) {
    this.#receivedSent = 0;
    this.#received();
    this.markRead(this.#readWanted);
    if (lastSeq > this.cursor) this.#after("gap", GAP_RETRY, () => lastSeq > this.cursor && this.#fill());
  }

  /** The server cannot replay from our cursor: begin again with the newest page, as soon as that can be had. */
  async reload() {
    this.#reloading = true; // gaps before the new page are none
    try {
      const page = await this.#options.fetchPage({ limit: 50 });
      this.#reloading = false;
      this.#items.clear();
      this.cursor = 0;
      this.seed(page);
      this.#drain();
    } catch {
      this.#after("reload", GAP_RETRY, () => this.reload());
    }
  }

  /** `frame` as it is known by now: what was withdrawn has no content. */
  current(frame) {
    return this.#items.get(frame.seq) ?? (this.#recalled.has(frame.seq) ? withdrawn(frame) : frame);
  }

  /** Fetch the page before the first message. Returns how many came. */
  async loadOlder() {
    const first = this.items()[0];
    if (!this.hasOlder || this.#loading || !first) return 0;
    this.#loading = this.#options.fetchPage({ before: first.seq, limit: 50 });
    try {
      const page = await this.#loading;
      if (this.items()[0]?.seq !== first.seq) return 0; // the log began again elsewhere: they would stand before a hole
      this.seed(page);
      return page.results.length;
    } finally {
      this.#loading = null;
    }
  }

  /** The session was left: nothing more is asked or told of it. */
  close() {
    this.#closed = true;
    for (const id of Object.values(this.#timers)) this.#env.clearTimeout(id);
  }

  #place(frame) {
    if (this.#items.has(frame.seq) || frame.seq <= this.cursor) return "duplicate";
    if ((frame.prev ?? frame.seq - 1) > this.cursor) {
      this.#ahead.set(frame.seq, frame);
      return this.#drain() && this.#items.has(frame.seq) ? "applied" : "gap";
    }
    this.#keep(frame);
    this.#drain();
    return "applied";
  }

  #keep(frame) {
    this.#items.set(frame.seq, frame);
    this.#ahead.delete(frame.seq);
    this.cursor = Math.max(this.cursor, frame.seq);
    if (frame.kind === "recall") this.#recall(frame.payload?.seq);
    else if (this.#recalled.has(frame.seq)) this.#recall(frame.seq);
  }

  #recall(seq) {
    this.#recalled.add(seq);
    const target = this.#items.get(seq);
    if (target) this.#items.set(seq, withdrawn(target));
  }

  /** Move what waited ahead into the log as far as it is contiguous now. */
  #drain() {
    let moved = false;
    for (const [seq, frame] of [...this.#ahead].sort(([a], [b]) => a - b)) {
      if (seq <= this.cursor) this.#ahead.delete(seq);
      else if ((frame.prev ?? seq - 1) <= this.cursor) {
        this.#keep(frame);
        moved = true;
      }
    }
    return moved;
  }

  async #fill() {
    if (this.#reloading) return;
    try {
      const page = await this.#options.fetchPage({ after: this.cursor, limit: 200 });
      for (const frame of page.results) if (frame.seq > this.cursor) this.#keep(frame);
      this.#drain();
      this.#received();
      this.#changed();
      if (page.has_more) this.#after("gap", 0, () => this.#fill());
    } catch {
      this.#after("gap", GAP_RETRY, () => this.#fill());
    }
  }

  /** Acknowledge cumulatively; `again` after the server repeated itself, for then our word was lost. */
  #received(again = false) {
    if (again) this.#receivedSent = 0;
    if (this.#timers.received || this.cursor <= this.#receivedSent) return;
    this.#timers.received = this.#env.setTimeout(() => {
      this.#timers.received = null;
      if (this.#transmit("received", this.cursor)) this.#receivedSent = this.cursor;
    }, RECEIVED_WAIT);
  }

  #transmit(type, seq) {
    return seq > 0 && !this.#closed && this.#options.transmit({ type, session: this.#options.session, seq });
  }

  #after(name, ms, fn) {
    this.#env.clearTimeout(this.#timers[name]);
    if (this.#closed) return;
    this.#timers[name] = this.#env.setTimeout(fn, ms);
  }

  #changed() {
    this.#options.onChange?.();
  }
}

function withdrawn(frame) {
  return { ...frame, body: "", payload: {}, recalled: true };
}
