// static/js/widget/desk.js – what a visitor does at the desk: words, files, wishes, the rating. Knows nothing of the page.
import { browserEnv } from "../chat/env.js";
import { Outbox } from "../chat/outbox.js";
import { ChatSocket } from "../chat/socket.js";
import { EntryStore, tabId } from "../chat/store.js";
import { Chat } from "./chat.js";
import { Lobby } from "./lobby.js";
import { Memory } from "./memory.js";
import { SessionKeeper } from "./session.js";
import { Typing } from "./typing.js";
import { Uploads } from "./uploads.js";

const CONFIG_RETRY = 5_000;
const EXPIRED = [4401, 4403, 4404]; // the token opens nothing any more

/** Options: inbox, locale, api (VisitorApi), onChange(), onForget() (somebody else was here). */
export class Desk {
  #options; #env; #api; #memory; #chat; #keeper;
  config = null; news = { state: "closed" }; problem = ""; // the connection's last news
  busy = false; // the desk has not answered yet what the customer asked for
  name = ""; // of the shop, as its page gave it

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
    this.#api = options.api;
    this.#memory = new Memory(options.inbox, (name, value) => this.#elsewhere(name, value));
    this.#build(() => options.onChange());
  }

  #build(onChange) {
    const { inbox, api } = this.#options, env = this.#env, memory = this.#memory;
    const send = (frame) => this.socket.send(frame);
    const onStored = (message) => message.session === this.session?.id && this.log.confirm(message);
    const deliver = (entry) => this.outbox.send(this.session.id, entry);
    const open = () => this.#keeper.ensure();
    this.outbox = new Outbox({ store: new EntryStore(`helpdesk.outbox.${inbox}`), owner: tabId(), transmit: send, onStored, onChange }, env);
    this.lobby = new Lobby({ store: new EntryStore(`helpdesk.waiting.${inbox}`), owner: () => this.#keeper.owner, open, deliver, onChange }, env);
    this.typing = new Typing({ send: (body) => this.#chat.tellTyping(body), onChange }, env);
    this.uploads = new Uploads({
      upload: (file, progress) => open().then(() => this.#chat.upload(file, progress)),
      limits: () => this.config?.upload ?? {},
      onDone: ({ kind }, { id }) => deliver({ kind, payload: { attachment: id } }),
      memory, onChange,
    });
    this.#chat = new Chat({ api, memory, outbox: this.outbox, typing: this.typing, send, onChange }, env);
    this.#keeper = new SessionKeeper({
      ...this.#options, memory, chat: this.#chat,
      attempt: (act) => this.#do(act),
      onEnter: (...how) => this.#enter(...how),
    }, env);
    this.socket = new ChatSocket({ url: "/ws/visitor/", hello: () => this.#chat.hello(), onFrame: (frame) => this.#chat.take(frame), onState: (news) => this.#connected(news) }, env);
  }

  /** Load the inbox's words and colours; go on with the chat that this browser remembers. */
  async start() {
    this.#keeper.start();
    this.lobby.recover();
    this.uploads.recover();
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

  get session() {
    return this.#chat.session;
  }

  get log() {
    return this.#chat.log;
  }

  get view() {
    return this.#chat.view;
  }

  get state() {
    return this.#chat.state;
  }

  get ended() {
    return this.#chat.ended;
  }

  get unread() {
    return this.#chat.unread;
  }

  /** Where the customer was answered before. */
  get contact() {
    return this.#memory.get("contact") ?? "";
  }

  /** {open, opens_at}: of the queue in which the customer waits, else of the inbox. */
  get hours() {
    return (this.state.status === "queued" && this.state.hours) || this.config?.hours;
  }

  say(body) {
    this.typing.stop();
    if (this.#keeper.ready && !this.lobby.busy) this.outbox.send(this.session.id, { body });
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
    return this.#ask(() => this.#keeper.ensure().then(() => this.#api.post("/human")));
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
    this.#keeper.fresh();
  }

  /** A parcel that the desk has shown, with its way. Rejects when it did not arrive. */
  parcel(id) {
    return this.#api.get(`/parcels/${id}`);
  }

  /** Rejects when the rating did not arrive. */
  rate(score, comment) {
    return this.#chat.rate(score, comment);
  }

  /** Leave the form `data` as a message: {ticket, url}. Rejects when it was refused or did not arrive. */
  async leaveMessage(data) {
    for (const name of ["inbox", "locale"]) data.set(name, this.#options[name]);
    const { owner, token } = this.#keeper;
    const answer = await this.#api.leaveMessage(data, token);
    if (owner === this.#keeper.owner) this.#memory.set("contact", data.get("email"));
    return answer;
  }

  /** The page of the shop that the customer looks at. */
  setPage(page) {
    this.#keeper.setPage(page);
  }

  /** A signed identity of the shop; none after signing out. An anonymous chat in progress becomes that customer's. */
  identify(identity) {
    this.#keeper.identify(identity);
  }

  /** Show `older` or `newer` lines of a long chat. */
  move(where) {
    this.view?.[where]().then(this.#options.onChange, () => {}); // the next scroll tries again
  }

  /** The customer sees the newest message, or no longer does. */
  look(looking) {
    this.#chat.look(looking);
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

  /** What another tab did is true for this one. */
  #elsewhere(name, value) {
    if (name === "session") this.#keeper.follow();
    if (name === "read" && value && value.session === this.session?.id) this.log.markRead(value.seq);
    this.#options.onChange();
  }

  /** What the chat of before did not take is kept for the next one, and sent when the customer says so. */
  #enter(session, forgotten) {
    if (forgotten) this.#forget();
    else for (const entry of this.outbox.takeBack(this.session?.id)) this.lobby.keep(entry);
    this.#chat.enter(session);
    if (session) this.socket.reconnect();
    else this.socket.close();
    this.#options.onChange();
  }

  #forget() {
    this.uploads.clear();
    this.#options.onForget();
  }

  #connected(news) {
    this.news = news;
    if (news.state === "refused" && EXPIRED.includes(news.code)) this.#keeper.leave();
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
