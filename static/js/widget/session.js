// static/js/widget/session.js – which session this browser has, and whose: remembered, opened, shared by tabs, left.

/** Whom a signed identity names; the server checks the signature, we only compare. Empty for anything else. */
function subjectOf(identity) {
  try {
    return String(JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
  } catch {
    return "";
  }
}

/**
 * Options: inbox, locale, api, memory, chat, attempt(act) (says it when `act` failed), onEnter(session, forgotten): the
 * chat is to be that of `session` now, or none; what the one before did not take is kept unless it is `forgotten`.
 */
export class SessionKeeper {
  #options; #env; #page = {}; #identity = ""; #opening = null;

  constructor(options, env) {
    this.#options = options;
    this.#env = env;
  }

  /** Whom the shop names as signed in; "" for nobody. */
  get owner() {
    return subjectOf(this.#identity);
  }

  /** What says who the customer is: the token of now, or of the session before. */
  get token() {
    return this.#options.chat.session?.token ?? this.#options.memory.get("earlier");
  }

  /** Whether there is one that goes on. One that is about to become a signed-in customer's is waited for. */
  get ready() {
    return this.#options.chat.alive && !this.#opening;
  }

  /** The session that this browser has, unless another tab opened it for somebody else. */
  get #remembered() {
    const session = this.#options.memory.get("session");
    return session?.owner && session.owner !== this.owner ? null : session;
  }

  /** Go on with the session that this browser remembers. */
  start() {
    this.#forgetOthers();
    const known = this.#remembered;
    if (known) this.#take(known);
    this.#tellWhere();
    this.#introduce();
  }

  /** Open a session when none is ready. */
  async ensure() {
    if (!this.ready) await this.#opened(() => this.#join() || this.#open());
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

  /** Another tab has changed what is remembered. */
  follow() {
    const theirs = this.#remembered; // by now it may be another than we were told
    if (theirs) this.#take(theirs);
    else this.leave();
  }

  leave(forgotten) {
    const { chat, memory, onEnter } = this.#options;
    if (memory.get("session")?.id === chat.session?.id) memory.set("session", null); // else another tab has gone on
    onEnter(null, forgotten);
  }

  /** Leave the ended session behind; the next words open a new one. */
  fresh() {
    this.#options.memory.set("earlier", this.#options.chat.session?.token ?? null);
    this.leave();
  }

  #tellWhere() {
    const { api, chat } = this.#options;
    if (chat.alive && this.#page.source) api.post("/page", this.#page).catch(() => {}); // only a hint
  }

  /** On a shared device nobody finds the chat, or the begun words, of the customer who was signed in before. */
  #forgetOthers() {
    const { memory } = this.#options;
    const before = memory.get("owner");
    if (before && before !== this.owner) {
      this.leave(true);
      for (const name of ["session", "earlier", "contact", "draft", "message", "lost"]) memory.set(name, null);
    }
    memory.set("owner", this.owner);
  }

  #introduce() {
    if (this.#options.chat.alive && this.#isNews()) this.#options.attempt(() => this.#opened(() => this.#open()));
  }

  #isNews() {
    return this.#identity && this.#options.chat.session.owner !== this.owner;
  }

  /** Simultaneous callers wait for the same one. */
  #opened(open) {
    const name = `helpdesk.open.${this.#options.inbox}`;
    this.#opening ??= Promise.resolve(this.#env.alone(name, open)).finally(() => { this.#opening = null; });
    return this.#opening;
  }

  /** Go on with the session that another tab has opened meanwhile; false when there is none. */
  #join() {
    const theirs = this.#remembered;
    if (!theirs || theirs.id === this.#options.chat.session?.id) return false;
    this.#take(theirs);
    return true;
  }

  async #open() {
    const { inbox, locale, api, memory } = this.#options;
    const identity = this.#identity;
    const answer = await api.open({ inbox, locale, channel: "web", identity, ...this.#page }, this.token);
    if (identity && subjectOf(identity) !== this.owner) return this.#open(); // it is somebody else's
    const session = { id: answer.session, token: answer.token, owner: subjectOf(identity) };
    memory.set("session", session);
    memory.set("earlier", null);
    this.#take(session);
    return this.#isNews() ? this.#open() : undefined; // signed in meanwhile
  }

  /** Go on with `session`; of the one that we have, it is a new token. */
  #take(session) {
    const { chat, onEnter } = this.#options;
    if (chat.session?.id === session.id) Object.assign(chat.session, session);
    else onEnter(session);
  }
}
