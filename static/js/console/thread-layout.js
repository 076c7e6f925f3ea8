// static/js/console/thread-layout.js – from messages to what the log shows: days, runs, sides, states. Pure.
import { dayKey } from "./format.js";

const QUIET = new Set(["event", "recall"]);

/**
 * `messages`: frames ascending; `entries`: own messages on their way out; `stateOf(seq)`: sent | delivered | read |
 * undelivered; `newAfter`: seq after which the line "New" stands (0: nowhere); `mayRecall`: own messages of the
 * reader can be withdrawn.
 * Returns items {type: day | new | event | turn, key, …} in order.
 */
export function layoutThread({ messages, entries = [], stateOf = () => "sent", newAfter = 0, mayRecall = false, reader }) {
  const stored = new Set(messages.map(({ ref }) => ref));
  const turns = [
    ...messages.filter(({ kind }) => kind !== "recall").map((frame) => asTurn(frame, stateOf, mayRecall && reader.name)),
    ...entries.filter(({ ref, kind }) => !stored.has(ref) && kind !== "recall").map(asPending),
  ];
  return withSeparators(markRuns(turns), newAfter, reader);
}

function asTurn(frame, stateOf, ownName) {
  if (frame.kind === "event" && frame.payload?.event !== "note") return { type: "event", key: `s${frame.seq}`, frame, at: frame.at };
  const side = sideOf(frame);
  const recalled = Boolean(frame.recalled || frame.payload?.recalled_by);
  const state = side === "own" && !recalled ? stateOf(frame.seq) : "";
  const recallable = Boolean(ownName) && !recalled && frame.kind !== "event" && frame.sender.kind === "agent" && frame.sender.name === ownName;
  return { type: "turn", key: frame.ref, frame, side, sender: frame.sender, state, recalled, recallable, at: frame.at };
}

function asPending(entry) {
  const side = entry.kind === "note" ? "note" : "own";
  const state = entry.state === "sending" ? "sending" : "failed";
  const at = new Date(entry.at).toISOString();
  return { type: "turn", key: entry.ref, frame: entry, side, sender: { kind: "agent", name: "" }, state, entry, at };
}

function sideOf({ kind, sender }) {
  if (kind === "note" || kind === "event") return "note";
  return sender.kind === "customer" ? "other" : "own";
}

/** A run is what one sender wrote on one side within one minute. */
function markRuns(turns) {
  return turns.map((turn, index) => {
    if (turn.type !== "turn") return turn;
    return { ...turn, first: !sameRun(turns[index - 1], turn), last: !sameRun(turn, turns[index + 1]) };
  });
}

function sameRun(a, b) {
  if (a?.type !== "turn" || b?.type !== "turn" || a.side !== b.side) return false;
  if (a.state === "failed" || b.state === "failed" || a.sender.kind !== b.sender.kind) return false;
  const sameName = a.entry || b.entry || a.sender.name === b.sender.name;
  return sameName && a.at.slice(0, 16) === b.at.slice(0, 16);
}

function withSeparators(turns, newAfter, reader) {
  const items = [];
  let day = "", told = !newAfter;
  for (const turn of turns) {
    const key = dayKey(turn.at, reader);
    if (key !== day) items.push({ type: "day", key: `d${key}`, at: turn.at });
    day = key;
    if (!told && turn.frame.seq > newAfter && turn.side === "other") {
      items.push({ type: "new", key: "new" });
      told = true;
    }
    items.push(turn);
  }
  return items;
}

/** How many messages of others came after `seq`: what the agent may not know of while writing. */
export function newsSince(messages, seq, ownName) {
  const others = messages.filter(({ seq: at, kind, sender }) => at > seq && !QUIET.has(kind) && !(sender.kind === "agent" && sender.name === ownName));
  return { customer: others.filter(({ sender }) => sender.kind === "customer").length, colleagues: others.filter(({ sender }) => sender.kind !== "customer").length };
}
