// static/js/widget/chat.js – the chat that goes on, as the server tells it: its log, what of it is shown, its state.
import { MessageLog } from "../chat/log.js";
import { Window } from "../chat/window.js";

const blank = () => ({ status: "idle", queue: null, agent: null, offers: [], survey: null, rated: false, reopenable: true });

/** Options: api, memory, outbox, typing, send(frame), onChange(). Without a session there is no `log` and no `view` of it. */
export class Chat {
  #options; #env; #looking = false;
  session = null; log = null; view = null; // {id, token}; …; what of the log is shown
  state = blank();

  constructor(options, env) {
    this.#options = options;
    this.#env = env;
  }

  get ended() {
    return ["wrap_up", "closed"].includes(this.state.status);
  }

  get alive() {
    return this.session && !this.ended;
  }

  /** Messages of others that nobody has looked at. */
  get unread() {
    if (!this.log || this.#looking) return 0;
    const spoken = this.log.items().filter(({ sender, kind }) => ["agent", "bot"].includes(sender?.kind) && kind !== "recall");
    return spoken.filter(({ seq }) => seq > this.log.readUpTo).length;
  }

  /** From now on it is the chat of `session`, or none. */
  enter(session) {
    this.log?.close();
    Object.assign(this, { session, log: null, view: null, state: blank() });
    const { api, memory, send, onChange } = this.#options;
    api.session = session;
    if (!session) return;
    const read = memory.get("read");
    const readUpTo = read?.session === session.id ? read.seq : 0;
    this.log = new MessageLog({ session: session.id, readUpTo, transmit: send, fetchPage: (query) => api.messages(query), onChange }, this.#env);
    this.view = new Window(this.log);
    this.state.status = "bot";
  }

  hello() {
    return { token: this.session.token, cursors: { [this.session.id]: this.log.cursor } };
  }

  take(frame) {
    if (this.#options.outbox.handle(frame)) return;
    if (frame.session && frame.session !== this.session?.id) return;
    this.#frames[frame.type]?.(frame);
    this.#options.onChange();
  }

  /** The customer sees the newest message, or no longer does. */
  look(looking) {
    this.#looking = looking;
    if (looking && this.log) this.#markRead();
  }

  tellTyping({ on, preview }) {
    if (this.alive) this.#options.send({ type: "typing", session: this.session.id, on, preview });
  }

  /** Rejects when the rating did not arrive. */
  async rate(score, comment) {
    const { session } = this;
    try {
      await this.#options.api.post("/rate", { score, comment });
    } catch (error) {
      if (error.code !== "already_rated") throw error;
    }
    if (session === this.session) this.#rated();
  }

  /** Rejects when the chat is another one by now, or over: the file belongs to the one it was uploaded to. */
  async upload(file, progress) {
    const { session } = this;
    const attachment = await this.#options.api.upload(file, progress);
    if (session !== this.session || this.ended) throw new Error();
    return attachment;
  }

  /** What each frame of the server does. */
  #frames = {
    welcome: ({ sessions }) => {
      const mine = sessions.find(({ session }) => session === this.session.id);
      this.log.connected(mine?.last_seq);
      this.#options.outbox.connected();
      if (mine) this.state.status = mine.status;
    },
    message: (frame) => {
      this.#options.outbox.confirm(frame.ref);
      this.log.apply(frame);
      if (frame.kind === "event" && frame.payload?.event === "rated") this.#rated();
      if (frame.sender.kind !== "customer") this.#options.typing.silence();
      if (this.#looking) this.#markRead();
    },
    session: ({ status, queue, agent, offers = [], reopenable = true, hours }) => {
      Object.assign(this.state, { status, queue, agent, offers, reopenable, hours });
      if (!this.ended) Object.assign(this.state, { survey: null, rated: false });
    },
    receipt: (frame) => this.log.receipt(frame),
    reload: () => this.log.reload(),
    survey: ({ token, scale }) => Object.assign(this.state, { survey: this.state.rated ? null : { token, scale } }),
    typing: ({ on, name }) => this.#options.typing.heard({ on, name: name ?? this.state.agent?.name ?? "" }),
  };

  #rated() {
    Object.assign(this.state, { rated: true, survey: null });
    this.#options.onChange();
  }

  #markRead() {
    this.log.markRead();
    this.#options.memory.set("read", { session: this.session.id, seq: this.log.readUpTo });
  }
}
