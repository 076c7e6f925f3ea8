// static/js/console/page.js – the scripts of every page beside the chats.
import { Commands } from "./commands.js";
import { $ } from "./dom.js";
import { Keys } from "./keys.js";
import { closeMenus } from "./menus.js";
import { frameCommands, goKeys, openRow, placeCommands, readConfig, startShell, stepRow } from "./shell.js";

const config = readConfig();
const shell = startShell(config);
const { dialogs } = shell;
const commands = new Commands({ dialogs, commands: () => [...placeCommands(config.places), ...frameCommands(shell)] });
const press = { help: () => dialogs.open("help"), commands: () => commands.open() };
document.addEventListener("click", ({ target }) => press[target.closest("[data-do]")?.dataset.do]?.());

new Keys({
  ...goKeys(config.places),
  j: () => stepRow(1),
  k: () => stepRow(-1),
  enter: () => openRow(),
  search: () => ($("[data-page-search]") ? $("[data-page-search]").focus() : commands.open()),
  help: () => dialogs.open("help"),
  commands: () => commands.open(),
  escape: () => closeMenus() || (document.activeElement !== document.body && document.activeElement.blur()),
}, { blocked: () => dialogs.anyOpen });
