// static/js/console/desk.js – the live desk of one agent: socket, outbox and message logs, wired to the chats.
import { MessageLog } from "../chat/log.js";
import { Outbox } from "../chat/outbox.js";
import { ChatSocket, followBrowser } from "../chat/socket.js";
import { EntryStore, tabId } from "../chat/store.js";
import { ReadElsewhere } from "./read-elsewhere.js";

const ACK_WAIT = 200; // ms; the contract allows 300
const LOGS_KEPT = 30;

/**
 * Events (on(type, fn)): every frame by its type, plus `state` (connection), `log` (id; a log or its outbox changed).
 * `isRead(id)` says whether the agent is looking at that chat right now.
 */
export class Desk {
  #chats; #api; #logs = new Map(); #loading = new Map(); #listeners = new Map(); #acks = new Map(); #clockSkew = 0; #watched = null; #followed = new Set();
  isRead = () => false;

  constructor({ config, chats, api }) {
    this.#chats = chats;
    this.#api = api;
    this.me = config.me;
    const transmit = (frame) => this.socket.send(frame);
    this.socket = new ChatSocket({
      url: config.urls.socket,
      hello: () => ({ cursors: this.#cursors() }),
      onFrame: (frame) => this.#take(frame),
      onState: (state) => this.emit("state", state),
    });
    this.outbox = new Outbox({
      transmit,
      store: new EntryStore(`helpdesk.outbox.${config.me.id}`),
      owner: tabId(),
      onChange: () => this.emit("log", null),
      onStored: (message) => this.#stored(message),
    });
    this.elsewhere = new ReadElsewhere(config.me.id, ({ id, seq }) => this.#readElsewhere(id, seq));
  }

  start() {
    followBrowser(this.socket);
    this.socket.open();
  }

  on(type, fn) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), fn]);
  }

  emit(type, detail) {
    for (const fn of this.#listeners.get(type) ?? []) fn(detail);
  }

  /** The server's clock, in ms. */
  now() {
    return Date.now() + this.#clockSkew;
  }

  get online() {
    return this.socket.state === "online";
  }

  /** The log of a chat, filled when first asked for; what arrives meanwhile waits its turn. */
  async log(id) {
    const known = this.#logs.get(id);
    if (known) return this.#refreshed(id, known);
    const waiting = [];
    this.#loading.set(id, waiting);
    try {
      const page = await this.#api.get(`sessions/${id}/messages/`, { limit: 50 });
      const log = this.#make(id);
      log.seed(page);
      for (const frame of waiting) log.apply(frame);
      return log;
    } finally {
      this.#loading.delete(id);
    }
  }

  known(id) {
    return this.#logs.get(id);
  }

  /** Whether messages of the chat are pushed to us. */
  follows(id) {
    return this.#followed.has(id) || this.#chats.isMine(this.#chats.get(id));
  }

  /** Show colleagues which chat is on this screen; null: none. */
  watch(id) {
    this.#watched = id;
    this.socket.send(id ? { type: "watch", session: id } : { type: "unwatch" });
  }

  /** The agent has read the chat up to its end. */
  read(id) {
    const row = this.#chats.get(id);
    if (!this.#chats.isMine(row)) return;
    const log = this.#logs.get(id);
    log?.markRead();
    if (!row.unread || !log?.cursor) return;
    this.elsewhere.tell({ id, seq: log.cursor });
    this.socket.send({ type: "read", session: id, seq: log.cursor }); // the server says unread: our word was lost
    this.#chats.update(id, { unread: 0 });
  }

  typing(id, on) {
    this.socket.send({ type: "typing", session: id, on });
  }

  send(id, message) {
    return this.outbox.send(id, message);
  }

  #take(frame) {
    const take = { welcome: this.#welcome, message: this.#message, receipt: this.#receipt, session: this.#session, reload: this.#reload, session_removed: this.#removed }[frame.type];
    if (take) take.call(this, frame);
    else if (["ack", "nack", "cancelled"].includes(frame.type)) this.outbox.handle(frame);
    this.emit(frame.type, frame);
  }

  #welcome({ server_time: serverTime, sessions }) {
    this.#clockSkew = new Date(serverTime).getTime() - Date.now() || 0;
    this.#acks.clear();
    for (const row of sessions) this.#chats.merge(row);
    const heads = new Map(sessions.map((row) => [row.session, row.last_seq]));
    for (const [id, log] of this.#logs) log.connected(heads.get(id) ?? 0);
    this.outbox.connected();
    if (this.#watched) this.watch(this.#watched);
  }

  /** A chat that comes to us is replayed from its first message: its log needs no other source. */
  #message(frame) {
    const { session, seq, ref } = frame;
    this.#followed.add(session);
    const log = this.#logs.get(session) ?? (seq === 1 && !this.#loading.has(session) ? this.#make(session) : null);
    if (log) log.apply(frame);
    else this.#confirm(frame);
    this.#loading.get(session)?.push(frame);
    this.outbox.confirm(ref);
    this.#chats.heard(frame, { read: this.isRead(session) });
  }

  #receipt(frame) {
    if (frame.of && frame.of !== "customer") return;
    this.#logs.get(frame.session)?.receipt(frame);
    this.#chats.update(frame.session, { marks: { delivered: frame.delivered, read: frame.read } });
  }

  #session(frame) {
    this.#chats.merge(frame);
  }

  #removed({ session }) {
    this.#followed.delete(session);
  }

  #reload({ session }) {
    this.#logs.get(session)?.reload();
  }

  /** Another tab of ours has shown the chat up to `seq`. */
  #readElsewhere(id, seq) {
    if (this.#chats.get(id)?.last_seq <= seq) this.#chats.update(id, { unread: 0 });
  }

  /** Our own message was stored: show it in its place before the server repeats it to us. */
  #stored({ ref, session, kind, body, payload, seq, at }) {
    const sender = { kind: "agent", name: this.me.name };
    this.#logs.get(session)?.confirm({ type: "message", ref, session, kind, body, payload, seq, at, sender });
    this.emit("log", session);
  }

  /** A chat whose log is not loaded: its messages are on this device all the same. */
  #confirm({ session, seq }) {
    const waiting = this.#acks.get(session);
    this.#acks.set(session, Math.max(seq, waiting ?? 0));
    if (waiting === undefined) setTimeout(() => this.#sendAck(session), ACK_WAIT);
  }

  #sendAck(session) {
    const seq = this.#acks.get(session);
    this.#acks.delete(session);
    if (seq) this.socket.send({ type: "received", session, seq });
  }

  /** Marks are the business of the agent who has the chat; a watcher's eyes are not the desk's. */
  #tell(id, frame) {
    const mine = this.#chats.isMine(this.#chats.get(id));
    return mine || (frame.type === "received" && this.#followed.has(id)) ? this.socket.send(frame) : true;
  }

  #cursors() {
    return Object.fromEntries([...this.#logs].map(([id, log]) => [id, log.cursor]));
  }

  /** A log from earlier may lack what came while its chat was not ours. */
  async #refreshed(id, log) {
    this.#keep(id, log);
    const row = this.#chats.get(id);
    if (!this.#chats.isMine(row) || row.last_seq > log.cursor) await this.catchUp(id);
    return log;
  }

  /** Fetch what the log of `id` lacks at its end: chats of others are not pushed to us. */
  async catchUp(id) {
    const log = this.#logs.get(id);
    if (!log) return;
    const page = await this.#api.get(`sessions/${id}/messages/`, { after: log.cursor, limit: 200 });
    if (page.has_more) await log.reload();
    for (const frame of page.has_more ? [] : page.results) {
      log.apply(frame);
      this.#chats.heard(frame, { read: this.isRead(id) });
    }
  }

  #make(id) {
    const log = new MessageLog({
      session: id,
      transmit: (frame) => this.#tell(id, frame),
      fetchPage: (query) => this.#api.get(`sessions/${id}/messages/`, query),
      onChange: () => this.emit("log", id),
    });
    const { marks } = this.#chats.get(id) ?? {};
    if (marks) log.receipt(marks);
    this.#keep(id, log);
    return log;
  }

  #keep(id, log) {
    this.#logs.delete(id);
    this.#logs.set(id, log);
    const oldest = [...this.#logs.keys()].find((key) => key !== id && !this.#chats.isMine(this.#chats.get(key)));
    if (this.#logs.size > LOGS_KEPT && oldest) {
      this.#logs.get(oldest).close();
      this.#logs.delete(oldest);
    }
  }
}
