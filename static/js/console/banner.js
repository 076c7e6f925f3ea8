// static/js/console/banner.js – the thin line about the connection: only when it is not there, and why.
import { $, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const PATIENCE = 1_500; // ms; shorter losses are nobody's business

/** Words for a connection state; "" when there is nothing to say. */
export function bannerText({ state, code, retryIn }, browserOnline) {
  if (state === "refused") return code === 4401 ? gettext("You were signed out.") : gettext("The desk refused the connection.");
  if (state === "online") return "";
  if (!browserOnline) return gettext("You are offline. The desk reconnects when the network is back.");
  if (code === 1001) return gettext("The desk restarts. Nothing is lost; reconnecting…");
  if (retryIn > 4_000) return fill(gettext("No connection. Trying again in %(seconds)s s."), { seconds: Math.round(retryIn / 1000) });
  return gettext("Connection lost. Reconnecting…");
}

/** Options: desk, loginUrl. */
export class Banner {
  #options; #node = $("[data-banner]"); #timer = null; #state = { state: "connecting" }; #wasOnline = false;

  constructor(options) {
    this.#options = options;
    options.desk.on("state", (state) => this.#changed(state));
    for (const type of ["online", "offline"]) window.addEventListener(type, () => this.#show());
  }

  #changed(state) {
    this.#state = state.state === "connecting" ? { ...this.#state, state: "connecting" } : state;
    clearTimeout(this.#timer);
    if (state.state === "online" || state.state === "refused") return this.#show();
    if (this.#node.hidden) this.#timer = setTimeout(() => this.#show(), PATIENCE);
    else this.#show();
    return undefined;
  }

  #show() {
    const text = bannerText(this.#state, navigator.onLine);
    if (!text) {
      this.#node.hidden = true;
      return;
    }
    setText(this.#node, text);
    this.#node.hidden = false;
    if (this.#state.state === "refused") this.#node.append(" ", this.#link());
  }

  #link() {
    const link = document.createElement("a");
    link.href = this.#state.code === 4401 ? this.#options.loginUrl : location.href;
    link.textContent = this.#state.code === 4401 ? gettext("Sign in again") : gettext("Reload the page");
    return link;
  }
}
