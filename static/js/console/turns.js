// static/js/console/turns.js – one item of the log as a node: day, "New" line, system line, bubble with its ticks.
import { $, icon, piece, setAttribute, setIcon, setText } from "./dom.js";
import { bubbleClass, content } from "./content.js";
import { eventText } from "./events.js";
import { clock, dayLabel, fullTime } from "./format.js";
import { gettext } from "./i18n.js";
import { addressOf, placeOfFile, placeOfMessage } from "./reveals.js";

const STATES = {
  sending: ["sending", () => gettext("Sending")],
  sent: ["check", () => gettext("Sent")],
  delivered: ["checks", () => gettext("Delivered")],
  read: ["checks", () => gettext("Read")],
  undelivered: ["warning", () => gettext("Not delivered: the customer was away")],
  failed: ["warning", () => gettext("Not sent")],
};
const MASKED = /\*{3}|\u2026$/; // what a mask leaves behind
const SAID = new Set(["undelivered", "failed", "read"]); // states that stand there in words, too

export function createItem({ type }) {
  return piece(type);
}

export function updateItem(node, item, reader) {
  const update = { day: updateDay, event: updateEvent, turn: updateTurn }[item.type];
  update?.(node, item, reader);
}

function updateDay(node, { at }, reader) {
  setText($("[data-label]", node), dayLabel(at, reader));
}

function updateEvent(node, { frame, at }, reader) {
  setText($("[data-text]", node), eventText(frame, frame.sender?.name));
  setTime($("[data-time]", node), at, reader);
}

function updateTurn(node, item, reader) {
  const { frame, side, state, sender, first, last, recalled, at } = item;
  setAttribute(node, "data-side", side);
  setAttribute(node, "data-sender", sender.kind);
  setAttribute(node, "data-first", first);
  setAttribute(node, "data-last", last);
  setAttribute(node, "data-state", state);
  setAttribute(node, "data-recalled", recalled);
  setAttribute(node, "data-seq", frame.seq);
  node.title = fullTime(at, reader);
  fillBubble($("[data-bubble]", node), frame, recalled, reader);
  fillSender($(".turn__sender", node), item, reader);
  fillChips($("[data-chips]", node), frame);
  fillMeta(node, item, reader);
  fillReveal(node, item, reader);
  $("[data-tools]", node).hidden = !item.recallable;
  $("[data-recall]", node).dataset.recall = item.recallable ? frame.seq : "";
}

/** A stored message never changes but by recall, and a pending one becomes it: its content is built once for each. */
function fillBubble(bubble, frame, recalled, reader) {
  const version = `${recalled}|${Boolean(frame.payload?.url)}|${frame.kind}`;
  if (bubble.dataset.version === version) return;
  bubble.dataset.version = version;
  bubble.className = recalled ? "bubble" : bubbleClass(frame);
  bubble.replaceChildren(...(recalled ? [gettext("Message withdrawn")] : content(frame, reader)));
}

/** For those who see masks: a text that has some can be uncovered, and a file that comes without its address. */
function fillReveal(node, { frame, recalled }, { revealUrl }) {
  const button = $("[data-reveal]", node), bubble = $("[data-bubble]", node);
  if (!button || !revealUrl || bubble.dataset.personal || !frame.seq || recalled) return;
  const isFile = isCovered(frame);
  if (!isFile && (frame.kind !== "text" || !MASKED.test(frame.body))) return;
  const place = isFile ? placeOfFile(frame.session, frame.payload.attachment) : placeOfMessage(frame.session, frame.seq);
  Object.assign(bubble.dataset, { personal: place, masked: isFile ? frame.payload.name : frame.body });
  if (isFile) bubble.dataset.file = "";
  if (isFile) button.textContent = gettext("Show file…");
  button.dataset.sheetUrl = addressOf(revealUrl, place);
  button.hidden = false;
}

/** A file that only has a name here. */
function isCovered({ kind, payload }) {
  return (kind === "file" || kind === "image") && payload?.attachment && !payload.url && !payload.removed;
}

function fillSender(node, { first, side, sender, entry }, reader) {
  const own = entry || (sender.kind === "agent" && sender.name === reader.name);
  const shown = first && side !== "other" && !own && sender.name;
  node.hidden = !shown && !(first && side === "note");
  if (node.hidden) return;
  const symbol = side === "note" ? "lock" : sender.kind === "bot" ? "robot" : "";
  const name = sender.kind === "bot" ? gettext("Robot") : sender.name;
  const words = side === "note" ? [gettext("Internal note"), name].filter(Boolean).join(" · ") : name;
  if (node.dataset.words === words) return;
  node.dataset.words = words;
  node.replaceChildren(...(symbol ? [icon(symbol)] : []), words);
}

/** What the robot offered to press; for the agent only to read. */
function fillChips(node, { payload, sender }) {
  const replies = sender?.kind === "bot" ? (payload?.quick_replies ?? []) : [];
  node.hidden = !replies.length;
  if (node.childElementCount === replies.length) return;
  node.replaceChildren(...replies.map(({ text }) => {
    const chip = document.createElement("span");
    chip.className = "turn__chip";
    chip.textContent = text;
    return chip;
  }));
}

function fillMeta(node, { last, state, at, entry, side }, reader) {
  const meta = $("[data-meta]", node);
  meta.hidden = !last && state !== "failed" && state !== "undelivered";
  setTime($("[data-time]", meta), at, reader);
  fillTicks($("[data-ticks]", meta), side === "other" ? "" : state);
  for (const name of ["resend", "delete"]) {
    const button = $(`[data-${name}]`, meta);
    button.hidden = state !== "failed";
    button.dataset[name] = entry?.ref ?? "";
  }
}

function fillTicks(node, state) {
  setAttribute(node, "data-state", state);
  const [symbol, words] = STATES[state] ?? ["", () => ""];
  const label = words();
  if (!SAID.has(state)) return setIcon(node, symbol, label);
  if (node.dataset.icon === `${state}!`) return undefined;
  node.dataset.icon = `${state}!`;
  node.removeAttribute("title");
  node.replaceChildren(icon(symbol), label);
  return undefined;
}

function setTime(node, at, reader) {
  setText(node, clock(at, reader));
  setAttribute(node, "datetime", at);
}
