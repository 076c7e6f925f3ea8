// static/js/console/main.js – puts the console together.
import { Alerts } from "./alerts.js";
import { Actions } from "./actions.js";
import { Api } from "./api.js";
import { Banner } from "./banner.js";
import { Canned, textSources } from "./canned.js";
import { Cards } from "./cards.js";
import { Chats } from "./chats.js";
import { Commands, searchBy } from "./commands.js";
import { commandsFor } from "./command-list.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Desk } from "./desk.js";
import { $ } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Finder } from "./finder.js";
import { startEmoji } from "./emoji.js";
import { startEventLines } from "./event-lines.js";
import { Keys } from "./keys.js";
import { List } from "./list.js";
import { closeMenus } from "./menus.js";
import { Navigation } from "./navigation.js";
import { Offers } from "./offers.js";
import { Panes } from "./panes.js";
import { Presence } from "./presence.js";
import { Refresher } from "./refresh.js";
import { frameCommands, goKeys, placeCommands, readConfig, startShell } from "./shell.js";
import { Uploads, listenForFiles } from "./uploads.js";

const config = readConfig();
const chatUrl = (id) => `${config.urls.console}chats/${id}/`;

const api = new Api(config.urls.api);
const chats = new Chats(config.me.id);
const desk = new Desk({ config, chats, api });
const drafts = new Drafts(config.me.id);
const shell = startShell(config, { api, now: () => desk.now(), onRefresh: (codes) => cards.refresh(codes) });
const { dialogs, toasts, reader } = shell;
const panes = new Panes();
const presence = new Presence({ desk, api, toasts });
const uploads = new Uploads({ api, maxBytes: config.upload.max_bytes });

const composer = new Composer({
  chats, desk, drafts, uploads, toasts,
  onShowNews: (seq) => conversation.showNews(seq),
  seesEnd: () => conversation.seesEnd,
  onSent: () => conversation.toEnd(),
});
const cards = new Cards({ chatUrl, composer, dialogs, toasts, api });
const conversation = new Conversation({
  chats, desk, reader, composer, cards, dialogs, toasts, api, chatUrl, may: config.may,
  onOpened: (id) => (list.select(id), panes.show("chat")),
  onLeft: () => finder.close(),
  onClosed: () => (list.select(null), panes.show("list")),
});
const finder = new Finder({ api, reader, toasts, conversation });
const refresher = new Refresher({
  chats, api,
  wanted: (section) => !list.isFolded(section) || ["mine", "waiting"].includes(section),
  keep: () => new Set([conversation.id]),
  onLoaded: () => list.setLoading(false),
});
const list = new List({
  chats, reader, drafts, chatUrl,
  target: config.response_target,
  now: () => desk.now(),
  search: (text) => refresher.search(text),
  onOpen: (id) => navigation.go(id),
  onUnfold: () => refresher.soon(),
});
const navigation = new Navigation({ config, chatUrl, conversation, panes, list });
const actions = new Actions({
  api, chats, conversation, dialogs, toasts, refresher, consoleUrl: config.urls.console,
  onLeft: (id) => (refresher.soon(), navigation.leave(id)),
});
const offers = new Offers({ desk, api, toasts, onAccepted: accepted });

/** Whoever went on writing meanwhile stays: the rest of their words is for the customer whom they are answering. */
function accepted(id, pressed) {
  refresher.soon();
  if (!composer.wroteSince(pressed)) return navigation.go(id);
  return toasts.say(gettext("The chat is yours"), { label: gettext("Open the chat"), action: () => navigation.go(id) });
}

new Alerts({ line: desk, toasts, api });
new Banner({ desk, loginUrl: `${config.urls.login}?next=${encodeURIComponent(location.pathname)}` });
new Canned({
  field: composer.field, popup: $("[data-composer] [data-canned]"),
  sources: textSources({ api, sopsUrl: config.urls.sops }),
  names: () => ({ customer: conversation.row?.customer?.name ?? "", agent: config.me.name }),
  lang: () => conversation.row?.locale ?? "",
});

for (const type of ["welcome", "queue", "session_removed", "offer_ended"]) desk.on(type, () => refresher.soon());
for (const type of ["offer", "offer_ended", "session", "session_removed"]) desk.on(type, () => presence.refresh());
desk.on("session_removed", ({ session }) => session === conversation.id && desk.watch(session));
desk.on("error", ({ for: type, detail }) => !["typing", "watch", "unwatch", "received", "read"].includes(type) && toasts.error(detail));

const commands = new Commands({
  dialogs,
  me: config.me,
  search: searchBy(config.urls.search),
  go: ({ url, chat, sheet }) => (chat ? navigation.go(chat) : sheet ? shell.sheet.open(url, { size: sheet }) : location.assign(url)),
  commands: () => [
    ...commandsFor({ chats, conversation, presence, navigation, actions, composer, cards, panes, finder }),
    ...placeCommands(config.places),
    ...frameCommands(shell),
  ],
});
const press = {
  take: () => actions.take(),
  end: () => actions.openEnd(),
  transfer: () => actions.openTransfer(),
  context: () => panes.toggle("context"),
  back: () => navigation.back(),
  find: () => finder.open(),
  help: () => dialogs.open("help"),
  commands: () => commands.open(),
};
document.addEventListener("click", ({ target }) => {
  const text = target.closest("[data-insert-text]")?.closest("[data-say]").querySelector("[data-say-text]").textContent;
  if (!text) return;
  dialogs.close("sheet");
  cards.insertText(text);
});
document.addEventListener("click", ({ target }) => press[target.closest("[data-do]")?.dataset.do]?.());

new Keys({
  ...goKeys(config.places),
  j: () => navigation.step(1),
  k: () => navigation.step(-1),
  a: () => (offers.first ? offers.accept() : !$('[data-do="take"]').hidden && actions.take()),
  r: () => conversation.id && composer.setMode("reply"),
  n: () => conversation.id && composer.setMode("note"),
  t: () => actions.openTransfer(),
  e: () => actions.openEnd(),
  f: () => finder.open(),
  s: () => cards.insertFirst(),
  shift_s: () => cards.sendFirst(),
  o: () => conversation.id && (panes.reveal("context"), cards.focus("orders")),
  g_c: () => navigation.home(),
  up: () => conversation.scroll(-1),
  down: () => conversation.scroll(1),
  list: () => panes.toggle("list"),
  context: () => panes.toggle("context"),
  search: () => list.focusSearch(),
  help: () => dialogs.open("help"),
  commands: () => commands.open(),
  escape: () => closeMenus() || (document.activeElement !== document.body && document.activeElement.blur()),
}, { blocked: () => dialogs.anyOpen });

startEventLines();
startEmoji({ button: $('[data-do="emoji"]'), field: composer.field });
listenForFiles({
  field: composer.field, zone: $("[data-column=chat]"), input: $("[data-file]"), button: $('[data-do="attach"]'),
  add: (files) => composer.attach(files),
});
list.setLoading(true);
desk.start();
refresher.now();
navigation.start();
