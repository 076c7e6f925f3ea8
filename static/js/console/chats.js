// static/js/console/chats.js – the chats this agent can see: rows by id, and which section each belongs to.

export const SECTIONS = ["mine", "waiting", "online", "offline", "gone"];

/** The one section of a row, or null when it belongs in none (closed, or never seen). */
export function sectionOf(row, me) {
  if (row.status === "closed") return null;
  if (row.agent?.id === me && ["active", "wrap_up"].includes(row.status)) return "mine";
  if (row.status === "queued") return "waiting";
  return row.customer?.presence ?? "gone";
}

/** Mine and waiting stand by age, so that nothing moves under the hand; the others by latest word. */
export function compare(section) {
  if (section === "mine") return (a, b) => before(a.accepted_at ?? a.opened_at, b.accepted_at ?? b.opened_at) || before(a.id, b.id);
  if (section === "waiting") return (a, b) => before(a.waiting_since ?? a.opened_at, b.waiting_since ?? b.opened_at) || before(a.id, b.id);
  return (a, b) => before(lastAt(b), lastAt(a)) || before(a.id, b.id);
}

/** What the row says of waiting now: the server's word goes stale, the clock does not. */
export function slaOf(row, now, target) {
  if (!row.waiting_since || !["queued", "active"].includes(row.status)) return "ok";
  const waited = (now - new Date(row.waiting_since).getTime()) / 1000;
  if (waited >= target) return "breach";
  return waited >= target / 2 ? "warn" : "ok";
}

/** Rows by id. `onChange(ids)` runs at most once per turn of the event loop with what changed. */
export class Chats {
  #me; #rows = new Map(); #changed = new Set(); #listeners = []; #scheduled = false;

  constructor(me) {
    this.#me = me;
  }

  onChange(fn) {
    this.#listeners.push(fn);
  }

  get(id) {
    return this.#rows.get(id);
  }

  all() {
    return [...this.#rows.values()];
  }

  sectionOf(row) {
    return sectionOf(row, this.#me);
  }

  isMine(row) {
    return row?.agent?.id === this.#me;
  }

  /** {mine: [row…], …} in order. */
  sections() {
    const result = Object.fromEntries(SECTIONS.map((name) => [name, []]));
    for (const row of this.#rows.values()) result[this.sectionOf(row)]?.push(row);
    for (const name of SECTIONS) result[name].sort(compare(name));
    return result;
  }

  /** Take a row, or some fields of one (a `session` frame). Fields that are absent stay. */
  merge(fields) {
    const id = fields.id ?? fields.session;
    if (!id) return;
    const { type: _type, session: _session, ...rest } = fields;
    const known = this.#rows.get(id);
    this.#rows.set(id, { ...known, ...(rest.last_seq < known?.last_seq ? withoutWords(rest) : rest), id });
    this.#touch(id);
  }

  update(id, fields) {
    if (this.#rows.has(id)) this.merge({ id, ...fields });
  }

  remove(id) {
    if (this.#rows.delete(id)) this.#touch(id);
  }

  /** The server's full answer for `sections`: rows of those that it no longer names are gone. */
  replace(sections, rows, keep = new Set()) {
    const named = new Set(rows.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (sections.includes(this.sectionOf(row)) && !named.has(id) && !keep.has(id)) this.remove(id);
    }
    for (const row of rows) this.merge(row);
  }

  /** A `message` frame of any chat: its last line, its unread number, its waiting. */
  heard(frame, { read }) {
    const row = this.#rows.get(frame.session);
    if (!row || frame.seq <= (row.last_seq ?? 0)) return;
    const fields = { id: row.id, last_seq: frame.seq };
    if (frame.kind !== "event" && frame.kind !== "recall") fields.last_message = lastMessage(frame);
    if (frame.kind !== "note" && frame.kind !== "event") Object.assign(fields, waiting(row, frame, read));
    this.merge(fields);
  }

  #touch(id) {
    this.#changed.add(id);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#tell());
  }

  #tell() {
    const changed = this.#changed;
    this.#changed = new Set();
    this.#scheduled = false;
    for (const fn of this.#listeners) fn(changed);
  }
}

/** Of an answer that the server gave before the last line that we heard: what was said meanwhile stands. */
function withoutWords({ last_seq: _seq, last_message: _message, unread: _unread, waiting_since: _since, ...rest }) {
  return rest;
}

function waiting(row, frame, read) {
  if (frame.sender.kind !== "customer") return { waiting_since: null, unread: frame.sender.kind === "agent" ? 0 : row.unread };
  return { waiting_since: row.waiting_since ?? frame.at, unread: read ? 0 : (row.unread ?? 0) + 1 };
}

function lastMessage({ kind, body, sender, at }) {
  return { kind, preview: body.slice(0, 160), sender_kind: sender.kind, at };
}

function lastAt(row) {
  return row.last_message?.at ?? row.opened_at ?? "";
}

function before(a, b) {
  return a < b ? -1 : Number(a > b);
}
