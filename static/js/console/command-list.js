// static/js/console/command-list.js – what the command bar offers right now.
import { $ } from "./dom.js";
import { statusText } from "./events.js";
import { fill, gettext } from "./i18n.js";

export function commandsFor(desk) {
  return [...chatCommands(desk), ...presenceCommands(desk), ...pageCommands(desk), ...goCommands(desk)];
}

/** Acts on the open chat; those that its head does not offer are left out. */
function chatCommands({ conversation, actions, composer, cards, finder }) {
  if (!conversation.id) return [];
  const possible = (name) => !$(`[data-do="${name}"]`).hidden;
  return [
    possible("take") && { text: gettext("Take this chat"), hint: "A", icon: "check", run: () => actions.take() },
    { text: gettext("Reply"), hint: "R", icon: "reply", run: () => composer.setMode("reply") },
    { text: gettext("Write a note"), hint: "N", icon: "lock", run: () => composer.setMode("note") },
    { text: gettext("Find in this chat"), hint: "F", icon: "search", run: () => finder.open() },
    { text: gettext("Insert the first suggestion"), hint: "S", icon: "insert", run: () => cards.insertFirst() },
    possible("transfer") && { text: gettext("Transfer this chat"), hint: "T", icon: "transfer", run: () => actions.openTransfer() },
    possible("end") && { text: gettext("End this chat"), hint: "E", icon: "end", run: () => actions.openEnd() },
  ].filter(Boolean);
}

function presenceCommands({ presence }) {
  return [
    presence.state !== "online" && { text: gettext("Go online"), icon: "power", run: () => presence.set("online") },
    presence.state !== "break" && { text: gettext("Take a break"), icon: "pause", run: () => presence.set("break", "pause") },
    presence.state !== "offline" && { text: gettext("Go offline"), icon: "power", run: () => presence.set("offline") },
  ].filter(Boolean);
}

function pageCommands({ panes }) {
  return [
    { text: gettext("Fold the list"), hint: "[", icon: "panel", run: () => panes.toggle("list") },
    { text: gettext("Fold the context"), hint: "]", icon: "panel", run: () => panes.toggle("context") },
  ];
}

function goCommands({ chats, navigation }) {
  return Object.values(chats.sections()).flat().map((row) => ({
    text: fill(gettext("Chat with %(name)s"), { name: row.customer?.name ?? "" }),
    hint: row.last_message?.preview || statusText(row.status),
    icon: "chat",
    run: () => navigation.go(row.id),
  }));
}
