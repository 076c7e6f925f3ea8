// static/js/console/head.js – the head of the open chat: who, where, how long, who else looks, what can be done.
import { closeReason, statusText } from "./events.js";
import { $, setAttribute, setText } from "./dom.js";
import { load } from "./parts.js";
import { hue, initials, span } from "./format.js";
import { fill, gettext } from "./i18n.js";

const TONES = { queued: "amber", active: "green", wrap_up: "accent" };

export class Head {
  #options; #root = $(".chat-head"); #viewed = "";

  constructor(options) {
    this.#options = options;
    const why = $('[data-menu="why"]', this.#root);
    why.addEventListener("toggle", () => why.open && this.#loadWhy());
  }

  render(row) {
    const { chats, desk } = this.#options;
    const mine = chats.isMine(row);
    const avatar = $("[data-head-avatar]");
    setText(avatar, initials(row.customer?.name));
    setAttribute(avatar, "data-hue", hue(row.customer?.id ?? row.id));
    setAttribute(avatar, "data-presence", row.customer?.presence);
    setText($("[data-head-name]"), row.customer?.name ?? "");
    const status = $("[data-head-status]");
    setText(status, row.status === "active" && !mine && row.agent ? row.agent.name : statusText(row.status));
    status.className = `badge${TONES[row.status] ? ` badge--${TONES[row.status]}` : ""}`;
    setText($("[data-head-queue]"), this.#where(row));
    this.#closeMenus(row.id);
    this.#buttons(row, mine, new Set(desk.me.actions));
    this.tick(row);
  }

  /** Colleagues who have this chat open right now. */
  viewers(agents) {
    const others = agents.filter(({ id }) => id !== this.#options.desk.me.id).map(({ name }) => name);
    const text = others.length ? fill(gettext("%(names)s is here, too"), { names: others.join(", ") }) : "";
    setText($("[data-head-viewers]"), text);
    this.others = others;
  }

  tick(row) {
    const now = this.#options.desk.now();
    setText($("[data-head-timer]"), timer(row, now));
  }

  #where(row) {
    const queue = row.queue?.name ?? "";
    if (row.status === "closed" && row.close_reason) return [queue, closeReason(row.close_reason)].filter(Boolean).join(" · ");
    if (row.status === "queued" && row.queue?.position) return fill(gettext("%(queue)s, place %(position)s"), { queue, position: row.queue.position });
    return queue;
  }

  #buttons(row, mine, may) {
    const open = ["active", "wrap_up"].includes(row.status);
    const supervises = this.#options.may.supervise;
    $('[data-do="take"]').hidden = !(row.status === "queued" && may.has("chat:AcceptSession"));
    $('[data-do="transfer"]').hidden = !((mine && row.status === "active") || (supervises && ["active", "queued"].includes(row.status)));
    $('[data-do="end"]').hidden = !((mine && open) || (supervises && row.status !== "closed" && row.status !== "bot"));
    const join = $('[data-menu="join"]');
    if (join) join.hidden = mine || row.status !== "active";
  }

  #closeMenus(id) {
    if (this.#viewed === id) return;
    this.#viewed = id;
    for (const menu of this.#root.querySelectorAll("details[open]")) menu.open = false;
  }

  #loadWhy() {
    load(`${this.#options.chatUrl(this.#viewed)}why/`, "[data-why]");
  }
}

function timer(row, now) {
  if (row.status === "closed") return "";
  if (row.waiting_since && row.status !== "bot") return fill(gettext("waits %(time)s"), { time: span(now - new Date(row.waiting_since)) });
  const since = row.accepted_at ?? row.opened_at;
  return since ? fill(gettext("open %(time)s"), { time: span(now - new Date(since)) }) : "";
}
