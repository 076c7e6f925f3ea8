// static/js/console/navigation.js – which chat is open stands in the address: links, reload and "back" all work.

/** Options: config, chatUrl(id), conversation, panes, list. */
export class Navigation {
  #options;

  constructor(options) {
    this.#options = options;
    window.addEventListener("popstate", () => this.#follow());
  }

  /** Open what the address names. */
  start() {
    this.#follow();
  }

  async go(id) {
    const { conversation, chatUrl, panes } = this.#options;
    if (id !== conversation.id) history.pushState({ inside: true }, "", chatUrl(id));
    panes.show("chat");
    await conversation.open(id);
  }

  home() {
    const { conversation, config } = this.#options;
    if (conversation.id) history.pushState({ inside: true }, "", config.urls.console);
    conversation.close();
  }

  /** One step towards the list: context, chat, list. */
  back() {
    const { panes } = this.#options;
    if (panes.pane === "context") panes.show("chat");
    else if (history.state?.inside) history.back();
    else this.home();
  }

  /** The chat has left this agent: the next of theirs, or none. */
  leave(id) {
    const { conversation, list, panes } = this.#options;
    if (conversation.id !== id) return;
    const next = list.nextMine(id);
    if (next && !panes.narrow) this.go(next);
    else this.home();
  }

  step(by) {
    const { list, conversation } = this.#options;
    const ids = list.visible();
    if (!ids.length) return false;
    const index = ids.indexOf(conversation.id);
    const next = index < 0 ? (by > 0 ? 0 : ids.length - 1) : index + by;
    return ids[next] ? this.go(ids[next]) : false;
  }

  #follow() {
    const { conversation, config } = this.#options;
    const match = location.pathname.slice(config.urls.console.length).match(/^chats\/([\w-]+)\//);
    if (match) conversation.open(match[1]);
    else if (conversation.id) conversation.close();
  }
}
