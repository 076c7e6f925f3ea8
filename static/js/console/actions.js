// static/js/console/actions.js – what an agent does with a chat besides writing: take, end, transfer, join.
import { $, $$ } from "./dom.js";
import { submitted } from "./dialogs.js";
import { load } from "./parts.js";
import { fill, gettext } from "./i18n.js";

/** Options: api, chats, conversation, dialogs, toasts, refresher, consoleUrl. */
export class Actions {
  #options; #about = {}; // of which chat a dialog is, whatever comes onto the screen behind it

  constructor(options) {
    this.#options = options;
    $("[data-end-form]").addEventListener("submit", (event) => this.#end(event));
    $("[data-transfer-form]").addEventListener("submit", (event) => this.#transfer(event));
    $("[data-transfer-form]").addEventListener("change", () => this.#targetChosen());
    for (const button of $$("[data-join]")) button.addEventListener("click", () => this.#join(button));
  }

  /** Take a waiting chat by hand. */
  async take() {
    const { api, chats, toasts, conversation } = this.#options;
    try {
      chats.merge(await api.post(`sessions/${conversation.id}/accept/`));
    } catch (error) {
      toasts.error(error.message);
      this.#options.refresher.soon();
    }
  }

  openEnd() {
    const { id, row } = this.#options.conversation;
    if (!row || $('[data-do="end"]').hidden) return;
    this.#about = { id, row };
    const form = $("[data-end-form]");
    form.reset();
    $("[data-error]", form).textContent = "";
    $("[data-end-lead]").textContent = fill(gettext("%(name)s is asked to rate the chat."), { name: row.customer?.name ?? "" });
    this.#options.dialogs.open("end");
    $("[name=reason]:checked", form).focus();
  }

  openTransfer() {
    const { conversation, dialogs, consoleUrl } = this.#options;
    if (!conversation.row || $('[data-do="transfer"]').hidden) return;
    this.#about = { id: conversation.id };
    const form = $("[data-transfer-form]");
    form.reset();
    $("[data-error]", form).textContent = "";
    $("[data-submit]", form).disabled = true;
    dialogs.open("transfer");
    load(`${consoleUrl}chats/${conversation.id}/targets/`, "[data-targets]");
    $("[data-cancel]", form).focus();
  }

  /** The reason first: it decides about the survey. What follows is for colleagues, and can be written at any time. */
  async #end(event) {
    event.preventDefault();
    const { api, chats, dialogs, toasts } = this.#options;
    const { id, row } = this.#about;
    const { reason, code, note } = Object.fromEntries(new FormData(event.target));
    const done = await submitted(event.target, async () => {
      chats.merge(await api.post(`sessions/${id}/close/`, { reason }));
      if (row.agent && (code || note.trim())) await api.post(`sessions/${id}/wrap_up/`, { code, note: note.trim() });
    });
    if (!done) return;
    dialogs.close("end");
    toasts.say(fill(gettext("Chat with %(name)s ended"), { name: row.customer?.name ?? "" }));
    this.#options.onLeft(id);
  }

  #targetChosen() {
    const form = $("[data-transfer-form]");
    $("[data-submit]", form).disabled = !$("[name=target]:checked", form);
  }

  async #transfer(event) {
    event.preventDefault();
    const { api, dialogs, toasts } = this.#options;
    const { id } = this.#about;
    const { target, note } = Object.fromEntries(new FormData(event.target));
    const [kind, value] = target.split(":");
    const label = $("[name=target]:checked", event.target).dataset.name;
    const done = await submitted(event.target, () => api.post(`sessions/${id}/transfer/`, { to: { [kind]: Number(value) }, note: note.trim() }));
    if (!done) return;
    dialogs.close("transfer");
    toasts.say(fill(gettext("Transferred to %(target)s"), { target: label }));
    this.#options.onLeft(id);
  }

  async #join(button) {
    const { api, chats, conversation, toasts } = this.#options;
    const mode = button.dataset.join;
    button.closest("details").open = false;
    try {
      chats.merge({ ...(await api.post(`sessions/${conversation.id}/join/`, { mode })), joined: mode });
      toasts.say(fill(gettext("You joined: %(mode)s"), { mode: $("strong", button).textContent }));
    } catch (error) {
      toasts.error(error.message);
    }
  }
}
