// static/js/widget/desk.js – one visitor's chat: session, connection, outbox, log and state. Knows nothing of the page.
import { browserEnv } from "../chat/env.js";
import { MessageLog } from "../chat/log.js";
import { Outbox } from "../chat/outbox.js";
import { ChatSocket } from "../chat/socket.js";
import { EntryStore, tabId } from "../chat/store.js";
import { Window } from "../chat/window.js";
import { Lobby } from "./lobby.js";
import { Memory } from "./memory.js";
import { Typing } from "./typing.js";
import { Uploads } from "./uploads.js";

const CONFIG_RETRY = 5_000;
const EXPIRED = [4401, 4403, 4404]; // the token opens nothing any more

/** Whom a signed identity names; the server checks the signature, we only compare. Empty for anything else. */
function subjectOf(identity) {
  try {
    return String(JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
  } catch {
    return "";
  }
}

const blank = () => ({ status: "idle", queue: null, agent: null, offers: [], survey: null, rated: false, reopenable: true });

/** Options: inbox, locale, api (VisitorApi), onChange(). What the screen shows is in the public fields. */
export class Desk {
  #options; #env; #memory; #api; #opening = null; #page = {}; #identity = "";
  config = null; news = { state: "closed" }; log = null; view = null; // the connection's last news; what of the log is shown
  session = null; problem = ""; contact = "";
  looking = false;
  busy = false; // the desk has not answered yet what the customer asked for
  name = ""; // of the shop, as its page gave it
  state = blank();

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
    this.#api = options.api;
    this.#memory = new Memory(options.inbox, (name, value) => this.#elsewhere(name, value));
    this.#build(() => options.onChange());
  }

  #build(onChange) {
    const { inbox } = this.#options;
    const transmit = (frame) => this.socket.send(frame);
    const onStored = (message) => message.session === this.session?.id && this.log.confirm(message);
    const deliver = (entry) => this.outbox.send(this.session.id, entry);
    this.outbox = new Outbox({ store: new EntryStore(`helpdesk.outbox.${inbox}`), owner: tabId(), transmit, onStored, onChange }, this.#env);
    this.lobby = new Lobby({ store: new EntryStore(`helpdesk.waiting.${inbox}`), owner: () => subjectOf(this.#identity), open: () => this.#ensure(), deliver, onChange }, this.#env);
    this.typing = new Typing({ send: (body) => this.#tellTyping(body), onChange }, this.#env);
    this.uploads = new Uploads({
      upload: (file, progress) => this.#ensure().then(() => this.#upload(file, progress)),
      limits: () => this.config?.upload ?? {},
      onDone: ({ kind }, { id }) => deliver({ kind, payload: { attachment: id } }),
      onChange,
    });
    const onFrame = (frame) => this.#take(frame);
    this.socket = new ChatSocket({ url: "/ws/visitor/", hello: () => this.#hello(), onFrame, onState: (news) => this.#connected(news) }, this.#env);
  }

  /** Load the inbox's words and colours; go on with the chat that this browser remembers. */
  async start() {
    this.contact = this.#memory.get("contact") ?? "";
    this.#forgetOthers();
    const known = this.#memory.get("session");
    if (known) this.#enter(known);
    this.#tellWhere();
    this.#introduce();
    this.lobby.recover();
    await this.#configure();
  }

  /** What the thread shows below the log, oldest first. */
  pending() {
    const final = this.ended; // what it refused can be sent again when it goes on, or in another
    const unsent = this.outbox.entries(this.session?.id).map((entry) => ({ ...entry, final }));
    return [...this.lobby.entries(), ...unsent, ...this.uploads.entries()].sort((a, b) => a.at - b.at);
  }

  get shopName() {
    return this.name || this.config?.shop_name;
  }

  get ended() {
    return ["wrap_up", "closed"].includes(this.state.status);
  }

  /** {open, opens_at}: of the queue in which the customer waits, else of the inbox. */
  get hours() {
    return (this.state.status === "queued" && this.state.hours) || this.config?.hours;
  }

  /** Messages of others that nobody has looked at. */
  get unread() {
    if (!this.log || this.looking) return 0;
    const spoken = this.log.items().filter(({ sender, kind }) => ["agent", "bot"].includes(sender?.kind) && kind !== "recall");
    return spoken.filter(({ seq }) => seq > this.log.readUpTo).length;
  }

  say(body) {
    this.typing.stop();
    if (this.#alive && !this.#opening && !this.lobby.busy) this.outbox.send(this.session.id, { body });
    else this.lobby.say(body);
  }

  resend(ref) {
    if (!this.lobby.resend(ref) && !this.uploads.resend(ref)) this.outbox.resend(ref);
  }

  remove(ref) {
    if (!this.lobby.remove(ref) && !this.uploads.remove(ref)) this.outbox.remove(ref);
    this.#options.onChange();
  }

  human() {
    return this.#ask(() => this.#ensure().then(() => this.#api.post("/human")));
  }

  /** Instead of waiting, where that is offered. */
  toBot() {
    return this.#ask(() => this.#api.post("/bot"));
  }

  end() {
    return this.#ask(() => this.#api.post("/end"));
  }

  resume() {
    return this.#ask(() => this.#api.post("/reopen"));
  }

  /** Leave the ended chat behind; the next words open a new one. Its token still says who the customer is. */
  fresh() {
    this.#memory.set("earlier", this.session?.token ?? null);
    this.#leave();
  }

  /** A parcel that the desk has shown, with its way. Rejects when it did not arrive. */
  parcel(id) {
    return this.#api.get(`/parcels/${id}`);
  }

  /** Rejects when the rating did not arrive. */
  async rate(score, comment) {
    const { session } = this;
    try {
      await this.#api.post("/rate", { score, comment });
    } catch (error) {
      if (error.code !== "already_rated") throw error;
    }
    if (session === this.session) this.#rated();
  }

  /** Leave the form `data` as a message: {ticket, url}. Rejects when it was refused or did not arrive. */
  async leaveMessage(data) {
    const { inbox, locale } = this.#options;
    data.set("inbox", inbox);
    data.set("locale", locale);
    const answer = await this.#api.leaveMessage(data, this.session?.token ?? this.#memory.get("earlier") ?? undefined);
    this.contact = data.get("email");
    this.#memory.set("contact", this.contact);
    return answer;
  }

  /** The page of the shop that the customer looks at. */
  setPage(page) {
    this.#page = page;
    this.#tellWhere();
  }

  /** A signed identity of the shop; none after signing out. An anonymous chat in progress becomes that customer's. */
  identify(identity) {
    this.#identity = identity || "";
    this.#forgetOthers();
    this.#introduce();
  }

  /** Show `older` or `newer` lines of a long chat. */
  move(where) {
    this.view?.[where]().then(this.#options.onChange, () => {}); // the next scroll tries again
  }

  /** The customer sees the newest message, or no longer does. */
  look(looking) {
    this.looking = looking;
    if (looking && this.log) this.#markRead();
  }

  /** Rejects when the chat is another one by now, or over: the file belongs to the one it was uploaded to. */
  async #upload(file, progress) {
    const { session } = this;
    const attachment = await this.#api.upload(file, progress);
    if (session !== this.session || this.ended) throw new Error();
    return attachment;
  }

  #tellWhere() {
    if (this.#alive && this.#page.source) this.#api.post("/page", this.#page).catch(() => {}); // only a hint
  }

  /** On a shared device nobody finds the chat of the customer who was signed in before. */
  #forgetOthers() {
    const owner = this.#memory.get("owner");
    if (!owner || owner === subjectOf(this.#identity)) return;
    this.#leave(false);
    this.uploads.clear();
    for (const name of ["owner", "session", "earlier", "contact", "draft", "message"]) this.#memory.set(name, null);
    this.contact = "";
  }

  #introduce() {
    if (this.#alive && this.#isNews()) this.#do(() => this.#opened(() => this.#open()));
  }

  #isNews() {
    return this.#identity && this.#memory.get("owner") !== subjectOf(this.#identity);
  }

  async #configure() {
    try {
      this.config = await this.#api.config(this.#options.inbox, this.#options.locale);
      this.problem = "";
    } catch {
      this.problem = "config_failed";
      this.#env.setTimeout(() => this.#configure(), CONFIG_RETRY);
    }
    this.#options.onChange();
  }

  get #alive() {
    return this.session && !this.ended;
  }

  /** The session, opened when there is none. One that is about to become a signed-in customer's is waited for. */
  async #ensure() {
    if (this.#alive && !this.#opening) return;
    await this.#opened(() => this.#join() || this.#open());
  }

  /** Simultaneous callers wait for the same one. */
  #opened(open) {
    const name = `helpdesk.open.${this.#options.inbox}`;
    this.#opening ??= Promise.resolve(this.#env.alone(name, open)).finally(() => { this.#opening = null; });
    return this.#opening;
  }

  /** Go on with the chat that another tab has opened meanwhile; false when there is none. */
  #join() {
    const theirs = this.#memory.get("session");
    if (!theirs || theirs.id === this.session?.id) return false;
    this.#enter(theirs);
    return true;
  }

  /** What another tab did is true for this one. */
  #elsewhere(name, value) {
    if (name === "session") this.#follow(this.#memory.get("session")); // by now it may be another than we are told
    if (name === "read" && value && value.session === this.session?.id) this.log.markRead(value.seq);
    this.#options.onChange();
  }

  #follow(theirs) {
    if (!theirs) this.#leave();
    else if (theirs.id === this.session?.id) Object.assign(this.session, theirs);
    else this.#enter(theirs);
  }

  async #open() {
    const token = this.session?.token ?? this.#memory.get("earlier") ?? undefined;
    const { inbox, locale } = this.#options;
    const identity = this.#identity;
    const answer = await this.#api.open({ inbox, locale, channel: "web", identity, ...this.#page }, token);
    if (identity && subjectOf(identity) !== subjectOf(this.#identity)) return this.#open(); // it is somebody else's
    const session = { id: answer.session, token: answer.token };
    this.#memory.set("session", session);
    this.#memory.set("earlier", null);
    if (identity) this.#memory.set("owner", subjectOf(identity));
    if (this.session?.id === session.id) Object.assign(this.session, session);
    else this.#enter(session);
    return this.#isNews() ? this.#open() : undefined; // signed in meanwhile
  }

  #enter(session) {
    this.log?.close();
    this.#keepUnsent();
    this.session = session;
    this.#api.session = session;
    this.state = blank();
    const read = this.#memory.get("read");
    const log = {
      session: session.id,
      readUpTo: read?.session === session.id ? read.seq : 0,
      transmit: (frame) => this.socket.send(frame),
      fetchPage: (query) => this.#api.messages(query),
      onChange: () => this.#options.onChange(),
    };
    this.log = new MessageLog(log, this.#env);
    this.view = new Window(this.log);
    this.state.status = "bot";
    this.socket.reconnect();
  }

  #leave(keep = true) {
    if (keep) this.#keepUnsent();
    this.socket.close();
    this.log?.close();
    if (this.#memory.get("session")?.id === this.session?.id) this.#memory.set("session", null); // else another tab has gone on
    Object.assign(this, { session: null, log: null, view: null, state: blank() });
    this.#api.session = null;
    this.#options.onChange();
  }

  #hello() {
    return { token: this.session.token, cursors: { [this.session.id]: this.log.cursor } };
  }

  #take(frame) {
    if (this.outbox.handle(frame)) return;
    if (frame.session && frame.session !== this.session?.id) return;
    this.#frames[frame.type]?.(frame);
    this.#options.onChange();
  }

  /** What each frame of the server does. */
  #frames = {
    welcome: ({ sessions }) => {
      const mine = sessions.find(({ session }) => session === this.session.id);
      this.log.connected(mine?.last_seq);
      this.outbox.connected();
      if (mine) this.state.status = mine.status;
    },
    message: (frame) => {
      this.outbox.confirm(frame.ref);
      this.log.apply(frame);
      if (frame.kind === "event" && frame.payload?.event === "rated") this.#rated();
      if (frame.sender.kind !== "customer") this.typing.silence();
      if (this.looking) this.#markRead();
    },
    session: ({ status, queue, agent, offers = [], reopenable = true, hours }) => {
      Object.assign(this.state, { status, queue, agent, offers, reopenable, hours });
      if (!this.ended) Object.assign(this.state, { survey: null, rated: false });
    },
    receipt: (frame) => this.log.receipt(frame),
    reload: () => this.log.reload(),
    survey: ({ token, scale }) => Object.assign(this.state, { survey: this.state.rated ? null : { token, scale } }),
    typing: ({ on, name }) => this.typing.heard({ on, name: name ?? this.state.agent?.name ?? "" }),
  };

  #markRead() {
    this.log.markRead();
    this.#memory.set("read", { session: this.session.id, seq: this.log.readUpTo });
  }

  #tellTyping({ on, preview }) {
    if (this.#alive) this.socket.send({ type: "typing", session: this.session.id, on, preview });
  }

  #connected(news) {
    this.news = news;
    if (news.state === "refused" && EXPIRED.includes(news.code)) this.#leave();
    this.#options.onChange();
  }

  /** What this chat did not take is kept for the next one, and sent when the customer says so. */
  #keepUnsent() {
    for (const entry of this.outbox.takeBack(this.session?.id)) this.lobby.keep(entry);
  }

  #rated() {
    Object.assign(this.state, { rated: true, survey: null });
    this.#options.onChange();
  }

  /** Do what the customer asked; who presses again meanwhile has asked already. */
  async #ask(act) {
    if (this.busy) return;
    this.busy = true;
    this.#options.onChange();
    await this.#do(act);
    this.busy = false;
    this.#options.onChange();
  }

  /** A failure is said in one line, unless its chat was left; a chat that is too old becomes a new one. */
  async #do(act) {
    const { session } = this;
    this.problem = "";
    try {
      await act();
    } catch (error) {
      const left = session && session !== this.session;
      if (!left && error.code === "reopen_window_over") this.fresh();
      else if (!left) this.problem = "not_done";
    }
    this.#options.onChange();
  }
}
