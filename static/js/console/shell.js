// static/js/console/shell.js – what every page of the desk has: theme, menus, times, sheets, places by key.
import { Sheet } from "./sheet.js";
import { $, $$, loadSprite } from "./dom.js";
import { Dialogs } from "./dialogs.js";
import { gettext, fill } from "./i18n.js";
import { startIdle } from "./idle.js";
import { startMenus } from "./menus.js";
import { startMoments } from "./moments.js";
import { startPresses } from "./presses.js";
import { startReveals } from "./reveals.js";
import { startPolls } from "./polls.js";
import { startSignedOut } from "./signed-out.js";
import { setTheme, startTheme } from "./theme.js";
import { startCustomerChoice, startTickets } from "./ticket.js";
import { startTicketParts } from "./ticket-parts.js";
import { Toasts } from "./toasts.js";
import { startUnsaved } from "./unsaved.js";

export function readConfig() {
  return JSON.parse($("#console-config").textContent);
}

/** Start it. `api` is the desk's REST API; `now` is the server's clock in ms; `onRefresh(codes)` follows what a sheet changed. */
export function startShell(config, { api, now = Date.now, onRefresh }) {
  loadSprite(config.urls.icons);
  const dialogs = new Dialogs(), toasts = new Toasts();
  const reader = { locale: config.locale, zone: config.zone, name: config.me.name, revealUrl: config.masked ? config.urls.reveal : "" };
  const sheet = new Sheet({ dialogs, toasts, onRefresh: (codes) => onRefresh?.(codes) });
  startIdle(config.urls.awake);
  startPolls({ toasts });
  startSignedOut({ toasts, loginUrl: config.urls.login });
  startUnsaved();
  startPresses();
  startTheme();
  startMenus();
  startMoments(reader, () => now());
  startRows();
  if (config.masked) startReveals({ url: config.urls.revealed, now, toasts });
  startTickets({ api, me: config.me, sopsUrl: config.urls.sops });
  startTicketParts();
  startCustomerChoice();
  $("[data-language]").addEventListener("submit", ({ target }) => { target.elements.next.value = location.pathname + location.search; });
  return { config, dialogs, toasts, sheet, reader };
}

/** G and a letter: {g_t: …} for the places that this user has. */
export function goKeys(places) {
  return Object.fromEntries(places.map(({ key, url }) => [`g_${key.toLowerCase()}`, () => location.assign(url)]));
}

export function placeCommands(places) {
  return places.map(({ label, icon, key, url }) => ({ text: fill(gettext("Go to %(place)s"), { place: label }), hint: `G ${key}`, icon, run: () => location.assign(url) }));
}

export function frameCommands({ dialogs, config, sheet }) {
  return [
    config.urls.new_ticket && { text: gettext("New ticket"), icon: "plus", run: () => sheet.open(config.urls.new_ticket) },
    { text: gettext("Take on a role…"), icon: "transfer", run: () => sheet.open(config.urls.take_role) },
    { text: gettext("Dark theme"), icon: "theme", run: () => setTheme("dark") },
    { text: gettext("Light theme"), icon: "theme", run: () => setTheme("light") },
    { text: gettext("Theme of the system"), icon: "theme", run: () => setTheme("system") },
    { text: gettext("Keyboard shortcuts"), hint: "?", icon: "help", run: () => dialogs.open("help") },
    config.urls.admin && { text: gettext("Administration"), icon: "settings", run: () => location.assign(config.urls.admin) },
  ].filter(Boolean);
}

/** Rows with `data-href` open where no control in them was pressed; J, K and Enter walk through them. */
function startRows() {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, select, summary")) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });
}

/** One row up or down in the page's list; false where there is none. */
export function stepRow(by) {
  const rows = $$("tr[data-href]");
  if (!rows.length) return false;
  const index = rows.indexOf(document.activeElement.closest?.("tr"));
  const next = rows[index < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(index + by, 0), rows.length - 1)];
  next.tabIndex = -1;
  next.focus();
  return next.scrollIntoView({ block: "nearest" });
}

export function openRow() {
  const row = document.activeElement.closest?.("tr[data-href]");
  if (!row || document.activeElement !== row) return false;
  return location.assign(row.dataset.href);
}
