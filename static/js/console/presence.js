// static/js/console/presence.js – the agent's own presence and load, and the switch for them.
import { $, $$, debounce, setAttribute, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const DOTS = { online: "dot dot--green", break: "dot dot--amber", offline: "dot" };
const RINGS = { online: "online", break: "away", offline: "offline" };

/** Options: desk (or the line of a page), api, toasts. */
export class Presence {
  #options; #now = { state: "offline", reason: "" };

  constructor(options) {
    this.#options = options;
    options.desk.on("welcome", ({ me }) => me && this.show({ ...me.presence, ...me.units }));
    options.desk.on("presence", (frame) => this.show(frame));
    for (const button of $$("button[data-presence]")) button.addEventListener("click", () => this.#choose(button));
  }

  get state() {
    return this.#now.state;
  }

  show({ state, reason = "", used, max }) {
    this.#now = { state, reason };
    this.#rail(state, reason);
    if (!$("[data-presence-dot]")) return;
    $("[data-presence-dot]").className = DOTS[state] ?? "dot";
    setText($("[data-presence-state]"), stateText(state, reason));
    if (max !== undefined) setText($("[data-presence-load]"), max ? `${used}/${max}` : "");
    this.#welcome(state);
  }

  /** Load moves with every chat that comes or goes; the server counts. */
  refresh = debounce(async () => {
    const seat = await this.#options.api.get("presence/").catch(() => null);
    if (seat) this.show(seat);
  }, 300);

  /** Change it; the toast takes it back. */
  async set(state, reason = "", { quiet = false } = {}) {
    const before = this.#now;
    try {
      this.show(await this.#options.api.put("presence/", { state, reason }));
    } catch (error) {
      this.#options.toasts.error(error.message);
      return;
    }
    if (quiet) return;
    const undo = () => this.set(before.state, before.reason, { quiet: true });
    this.#options.toasts.say(fill(gettext("You are now: %(state)s"), { state: stateText(state, reason) }), { undo });
  }

  #choose(button) {
    const menu = button.closest("details");
    if (menu) menu.open = false;
    this.set(button.dataset.presence, button.dataset.reason ?? "");
  }

  /** The ring of one's own picture, and the choice in one's own menu. */
  #rail(state, reason) {
    const avatar = $("[data-own-avatar]");
    setAttribute(avatar, "data-presence", RINGS[state] ?? "offline");
    setAttribute(avatar.parentElement, "title", `${gettext("Settings")} · ${stateText(state, reason)}`);
    for (const button of $$(".menu__choice[data-presence]")) setAttribute(button, "aria-pressed", String(button.dataset.presence === state));
  }

  /** The empty middle teaches the next step. */
  #welcome(state) {
    $("[data-go-online]").hidden = state === "online";
    setText($("[data-welcome-title]"), state === "online" ? gettext("You are online") : gettext("No chat is open"));
    const words = state === "online"
      ? gettext("The next chat of your queues is offered to you here. Or choose one on the left.")
      : gettext("Go online to be offered chats, or choose one on the left.");
    setText($("[data-welcome-text]"), words);
  }
}

export function stateText(state, reason) {
  const reasons = {
    lunch: gettext("Lunch"),
    pause: gettext("Short break"),
    meeting: gettext("Meeting"),
    training: gettext("Training"),
    "no answer": gettext("No answer"),
    no_answer: gettext("No answer"),
    not_allowed: gettext("No work allowed now"),
  };
  if (state === "online") return gettext("Online");
  if (state === "break") return reasons[reason] ?? (reason || gettext("On break"));
  return gettext("Offline");
}
