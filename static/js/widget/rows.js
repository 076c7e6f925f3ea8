// static/js/widget/rows.js – from messages to what stands on the screen: days, runs of one sender, states. Pure.
import { dayOffset } from "./text.js";

const RUN = 60_000; // messages of one sender within a minute stand together

/**
 * Rows of the thread, oldest first. `items`: stored message frames; `pending`: outbox entries and uploads;
 * `stateOf(seq)`: how far a stored own message came. Days: {key, type: "day", at}; messages: {key, type: "turn", side,
 * first, last, state, showState, message}.
 */
export function rowsOf(items, pending, stateOf) {
  const stored = items.filter(({ kind }) => kind !== "recall").map((message) => storedTurn(message, stateOf));
  const turns = [...stored, ...pending.map(pendingTurn)];
  markRuns(turns);
  markStates(turns);
  return withDays(turns);
}

function storedTurn(message, stateOf) {
  const side = sideOf(message);
  return { key: message.ref, type: "turn", side, message, at: message.at, state: side === "own" ? stateOf(message.seq) : "" };
}

function pendingTurn(entry) {
  const state = entry.state === "unconfirmed" ? "failed" : entry.state;
  return { key: entry.ref, type: "turn", side: "own", message: entry, at: entry.at, state };
}

function sideOf({ kind, own, sender }) {
  if (kind === "event") return "event";
  return own || sender.kind === "customer" ? "own" : "other";
}

function markRuns(turns) {
  turns.forEach((turn, index) => {
    turn.first = !together(turns[index - 1], turn);
    turn.last = !together(turn, turns[index + 1]);
  });
}

function together(one, two) {
  if (!one || !two || one.side === "event" || one.side !== two.side) return false;
  const sameName = one.side === "own" || one.message.sender.name === two.message.sender.name;
  return sameName && Math.abs(new Date(two.at) - new Date(one.at)) < RUN && dayOffset(one.at, two.at) === 0;
}

/** States are quiet: spoken by the last own message until it is answered, and by each one that went wrong. */
function markStates(turns) {
  const last = turns.findLast(({ side }) => side !== "event");
  for (const turn of turns) {
    turn.showState = turn.side === "own" && (turn === last || ["failed", "uploading", "undelivered"].includes(turn.state));
  }
}

function withDays(turns) {
  const rows = [];
  let day = null;
  for (const turn of turns) {
    const midnight = new Date(turn.at).setHours(0, 0, 0, 0);
    if (midnight !== day) rows.push({ key: `day-${midnight}`, type: "day", at: turn.at });
    day = midnight;
    rows.push(turn);
  }
  return rows;
}

/** The texts suggested under the robot's last word; none once somebody answered. The way to a human is always there. */
export function suggestions(items, pending) {
  const last = items.findLast(({ kind }) => kind !== "event" && kind !== "recall");
  if (pending.length || last?.sender?.kind !== "bot") return [];
  return (last.payload?.quick_replies ?? []).map((reply) => reply.text ?? String(reply));
}
