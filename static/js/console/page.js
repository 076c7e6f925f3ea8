// static/js/console/page.js – the scripts of every page beside the chats.
import { Alerts } from "./alerts.js";
import { Api } from "./api.js";
import { Commands, searchBy } from "./commands.js";
import { $ } from "./dom.js";
import { Keys } from "./keys.js";
import { Line } from "./line.js";
import { closeMenus } from "./menus.js";
import { Offers } from "./offers.js";
import { Presence } from "./presence.js";
import { frameCommands, goKeys, openRow, placeCommands, readConfig, startShell, stepRow } from "./shell.js";
import { writeTo } from "./ticket.js";
import { Unread } from "./unread.js";

const config = readConfig();
const line = new Line({ url: config.urls.socket });
const api = new Api(config.urls.api);
const shell = startShell(config, { api, now: () => line.now() });
const { dialogs, toasts } = shell;
const chatUrl = (id) => `${config.urls.console}chats/${id}/`;
new Presence({ desk: line, api, toasts });
new Alerts({ line, toasts, api });
new Unread({ line, toasts, me: config.me, chatUrl });
const offers = new Offers({ desk: line, api, toasts, onAccepted: (id) => location.assign(chatUrl(id)) });
const commands = new Commands({
  dialogs,
  me: config.me,
  search: searchBy(config.urls.search),
  go: ({ url, sheet }) => (sheet === "wide" ? shell.sheet.open(url, { size: sheet }) : location.assign(url)),
  commands: () => [...placeCommands(config.places), ...frameCommands(shell)],
});
/** What stands on the page with a key of its own. */
const pressKey = (name) => {
  const button = $(`[data-key="${CSS.escape(name)}"]`);
  button?.click();
  return Boolean(button);
};
const press = { help: () => dialogs.open("help"), commands: () => commands.open() };
document.addEventListener("click", ({ target }) => press[target.closest("[data-do]")?.dataset.do]?.());

new Keys({
  ...goKeys(config.places),
  a: () => offers.first && offers.accept(),
  j: () => stepRow(1),
  k: () => stepRow(-1),
  enter: () => openRow(),
  r: () => writeTo("reply"),
  n: () => writeTo("note"),
  search: () => ($("[data-page-search]") ? $("[data-page-search]").focus() : commands.open()),
  help: () => dialogs.open("help"),
  commands: () => commands.open(),
  escape: () => closeMenus() || (document.activeElement !== document.body && document.activeElement.blur()),
}, { blocked: () => dialogs.anyOpen, other: pressKey });
line.on("queue", () => document.body.dispatchEvent(new CustomEvent("desk:queue"))); // live parts look again
line.start();
