// static/js/widget/screen.js – everything around the thread: header, greeting, waiting line, ends. Shows the desk's state.
import { troubleOf } from "../chat/trouble.js";
import { chip, offerCard } from "./cards.js";
import { attribute, fill, h, readableOn, show, text } from "./dom.js";
import { suggestions } from "./rows.js";
import { eta, opening } from "./text.js";

const PATIENCE = 1_500; // ms without a connection before we speak of it

/** `parts`: elements by their data-part. `actions`: say(text), newChat(), part(name, place, options); draft {get, set} of a message. */
export class Screen {
  #desk; #parts; #t; #actions; #downSince = 0; #ticking = null; #card = ""; #wantsHuman = false; #leavesWord = false; #left = false;

  constructor(desk, parts, t, actions) {
    this.#desk = desk;
    this.#parts = parts;
    this.#t = t;
    this.#actions = actions;
    for (const [name, act] of Object.entries(this.#buttons())) parts[name].addEventListener("click", act);
  }

  render() {
    this.#header();
    this.#hero();
    this.#line();
    this.#waiting();
    this.#below();
    this.#foot();
    for (const name of ["human", "endYes", "resume"]) attribute(this.#parts[name], "aria-disabled", this.#desk.busy && "true");
  }

  paint(color) {
    const on = readableOn(color);
    if (!on) return;
    document.documentElement.style.setProperty("--brand", color);
    document.documentElement.style.setProperty("--on-brand", on);
  }

  /** Open the form for a message, or put it away. */
  leave(open) {
    this.#leavesWord = open;
    if (!open) this.#wantsHuman = false;
    this.render();
  }

  #buttons() {
    const sure = (asking) => () => { this.#parts.sure.open = asking; show(this.#parts.sure, asking); if (asking) this.#parts.endYes.focus(); };
    return {
      end: sure(true),
      endNo: sure(false),
      endYes: () => { sure(false)(); this.#desk.end(); },
      leave: () => this.leave(true),
      human: () => { this.#wantsHuman = true; this.#desk.human(); },
      resume: () => this.#desk.resume(),
      fresh: () => { this.#desk.fresh(); this.#actions.newChat(); },
      retry: () => this.#desk.socket.nudge(),
    };
  }

  get #away() {
    return this.#desk.hours?.open === false;
  }

  #header() {
    const { shopName, state } = this.#desk;
    const agent = state.status === "active" ? state.agent?.name : "";
    text(this.#parts.title, agent || shopName || this.#t("title"));
    text(this.#parts.initial, (agent || shopName || "?").trim().slice(0, 1));
    text(this.#parts.subtitle, this.#subtitle());
    show(this.#parts.end, ["bot", "queued", "active"].includes(state.status));
    if (this.#desk.ended) show(this.#parts.sure, false);
  }

  #subtitle() {
    const { status, agent } = this.#desk.state;
    if (this.#desk.ended) return this.#t("ended");
    if (status === "active") return this.#desk.shopName || this.#t("with_agent", { name: agent?.name });
    if (this.#away) return this.#when("closed_until", "closed_now");
    return this.#t(status === "queued" ? "waiting_agent" : "online");
  }

  #when(known, unknown) {
    const at = this.#desk.hours?.opens_at;
    return at ? this.#t(known, { when: opening(at, Date.now(), this.#t) }) : this.#t(unknown);
  }

  #hero() {
    const { config, log, view, problem } = this.#desk;
    const begun = Boolean(this.#desk.pending().length || log?.items().length);
    text(this.#parts.greeting, config?.greeting || (problem === "config_failed" ? this.#t("config_failed") : ""));
    show(this.#parts.hero, !begun); // the robot's first message says it again
    show(this.#parts.older, view?.hasOlder);
    text(this.#parts.opening, this.#away ? this.#t("closed_hint") : "");
    show(this.#parts.leave, this.#away);
    show(this.#parts.privacyLine, config?.privacy_url);
    if (config?.privacy_url) this.#parts.privacy.href = config.privacy_url;
    show(this.#parts.questions, config?.quick_questions?.length);
    fill(this.#parts.chips, JSON.stringify(config?.quick_questions ?? []), () =>
      (config?.quick_questions ?? []).map((question) => chip(question.text, () => this.#actions.say(question.text))));
  }

  /** Network trouble is a thin line, and only when it lasts. */
  #line() {
    const { news, session, problem } = this.#desk;
    const { kind, seconds } = troubleOf(session ? news : { state: "closed" }, Date.now());
    const passing = kind && kind !== "refused";
    this.#downSince = passing ? this.#downSince || Date.now() : 0;
    clearTimeout(this.#ticking);
    if (passing) this.#ticking = setTimeout(() => this.#line(), 1_000);
    if (passing && Date.now() - this.#downSince < PATIENCE) return;
    const word = kind || (problem === "config_failed" ? "" : problem);
    show(this.#parts.line, word);
    show(this.#parts.retry, seconds);
    text(this.#parts.lineText, word && this.#t(word));
    text(this.#parts.lineSeconds, seconds ? this.#t("retry_in", { seconds }) : "");
  }

  #waiting() {
    const { status, queue } = this.#desk.state;
    show(this.#parts.waiting, status === "queued");
    if (status === "queued") text(this.#parts.waiting, this.#waitingWords(queue));
  }

  #waitingWords(queue) {
    if (this.#away) return this.#when("queue_away", "closed_now");
    if (!queue?.position) return this.#t("queue_joined");
    const place = queue.position === 1 ? this.#t("queue_next") : this.#t("queue_position", { position: queue.position });
    const wait = eta(queue.eta_low, queue.eta_high, this.#t);
    return wait ? `${place} · ${wait}` : place;
  }

  /** One card at a time, and the robot's suggestions; each is built once, so that what is typed into it stays. */
  #below() {
    const { log, typing, state } = this.#desk;
    const who = typing.other && (typing.other.name || this.#t("somebody"));
    show(this.#parts.typing, who);
    text(this.#parts.typingText, who ? this.#t("typing", { name: who }) : "");
    const replies = log && state.status === "bot" ? suggestions(log.items(), this.#desk.pending()) : [];
    fill(this.#parts.replies, JSON.stringify(replies), () => replies.map((words) => chip(words, () => this.#actions.say(words))));
    this.#cards();
  }

  #cards() {
    const name = this.#cardName();
    if (name === this.#card) return;
    this.#card = name;
    this.#parts.cards.replaceChildren(...this.#build(name));
  }

  /** What the customer may do instead of waiting; who asks for a human out of hours may leave a message. */
  get #offers() {
    const { offers } = this.#desk.state;
    if (offers?.length) return offers;
    return this.#away && this.#wantsHuman ? ["ticket"] : [];
  }

  #cardName() {
    const { state } = this.#desk;
    if (this.#leavesWord && !this.#left) return "message"; // what is being written stays
    if (state.survey) return "rating";
    if (state.rated) return "rated";
    if (this.#leavesWord) return "message";
    const offers = this.#offers;
    return offers.length && !this.#desk.ended ? ["offers", ...offers, this.#away ? "away" : ""].join(" ") : "";
  }

  #build(name) {
    const desk = this.#desk;
    if (name === "rating") return [this.#part(name, { rate: (score, comment) => desk.rate(score, comment) })];
    if (name === "rated") return [h("p", { class: "thanks" }, this.#t("rate_done"))];
    if (name.startsWith("offers")) return [offerCard(this.#t, this.#offers, this.#ways(), this.#away)];
    if (name !== "message") return [];
    const back = () => this.leave(false);
    const send = (data) => desk.leaveMessage(data).then((answer) => { this.#left = true; return answer; });
    return [this.#part(name, { limits: desk.config?.upload ?? {}, email: desk.contact, draft: this.#actions.draft, back, send })];
  }

  /** The place of a card that is loaded when it is wanted. */
  #part(name, options) {
    const place = h("section", { class: "card" });
    this.#actions.part(name, place, options).catch(() => {
      text(place, this.#t("not_done"));
      if (this.#card === name) this.#card = ""; // next time
    });
    return place;
  }

  #ways() {
    return {
      ticket: () => this.leave(true),
      bot: () => this.#desk.toBot(),
    };
  }

  #foot() {
    const { state } = this.#desk;
    show(this.#parts.closed, this.#desk.ended);
    show(this.#parts.compose, !this.#desk.ended);
    show(this.#parts.writing, state.status === "wrap_up");
    show(this.#parts.resume, state.status === "closed" && state.reopenable);
    show(this.#parts.fresh, state.status === "closed");
    show(this.#parts.human, ["idle", "bot"].includes(state.status));
  }
}
