// static/js/console/banner.js – the thin line about the connection: only when it is not there, why, and what can be done.
import { troubleOf } from "../chat/trouble.js";
import { $, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const PATIENCE = 1_500; // ms; shorter losses are nobody's business

/** Words for what troubleOf found; "" when there is nothing to say. */
export function bannerText({ kind }, code) {
  if (kind === "refused") return code === 4401 ? gettext("You were signed out.") : gettext("The desk refused the connection.");
  const words = {
    offline: gettext("You are offline. The desk reconnects when the network is back."),
    restarting: gettext("The desk restarts. Nothing is lost; reconnecting…"),
    stale: gettext("The desk has not answered for a while. Checking the connection…"),
    waiting: gettext("Connection lost."),
    connecting: gettext("Connection lost. Reconnecting…"),
  };
  return words[kind] ?? "";
}

/** Options: desk, loginUrl. */
export class Banner {
  #options; #node = $("[data-banner]"); #news = { state: "connecting" }; #since = Date.now(); #timer = null;

  constructor(options) {
    this.#options = options;
    options.desk.on("state", (news) => this.#changed(news));
    for (const type of ["online", "offline"]) window.addEventListener(type, () => this.#show());
    $("[data-banner-retry]").addEventListener("click", () => options.desk.socket.nudge());
  }

  #changed(news) {
    const wasWell = !this.#trouble().kind;
    this.#news = news.state === "connecting" ? { code: this.#news.code, state: "connecting" } : news;
    if (wasWell) this.#since = Date.now();
    this.#show();
  }

  #trouble() {
    return troubleOf(this.#news, Date.now());
  }

  /** Once a second while something is wrong: the seconds run, and patience ends. */
  #show() {
    clearTimeout(this.#timer);
    const trouble = this.#trouble(), passing = trouble.kind && trouble.kind !== "refused";
    if (passing) this.#timer = setTimeout(() => this.#show(), 1_000);
    if (passing && this.#node.hidden && Date.now() - this.#since < PATIENCE) return;
    const text = bannerText(trouble, this.#news.code);
    setText($("[data-banner-text]"), text);
    setText($("[data-banner-seconds]"), trouble.seconds ? fill(gettext("Next try in %(seconds)s s."), trouble) : "");
    $("[data-banner-retry]").hidden = !trouble.seconds;
    this.#link(trouble.kind === "refused");
    this.#node.hidden = !text;
  }

  #link(on) {
    const link = $("[data-banner-link]"), signedOut = this.#news.code === 4401;
    link.hidden = !on;
    link.href = signedOut ? this.#options.loginUrl : location.href;
    setText(link, signedOut ? gettext("Sign in again") : gettext("Reload the page"));
  }
}
