// static/js/console/tests/thread-layout.test.mjs – days, runs, sides and states of the message log.
import { layoutThread, newsSince } from "../thread-layout.js";
import { equal, test } from "../../chat/tests/harness.mjs";

const reader = { locale: "en", zone: "Asia/Shanghai" };
const from = (kind, name = kind) => ({ kind, name });
const message = (seq, at, fields = {}) => ({ seq, ref: `r${seq}`, kind: "text", body: "x", payload: {}, sender: from("customer"), at, ...fields });
const layout = (messages, options = {}) => layoutThread({ messages, reader, ...options });
const shape = (items) => items.map(({ type, side = "", first, last }) => `${type} ${side}${first ? "<" : ""}${last ? ">" : ""}`.trim());

test("a run is one sender within one minute", () => {
  const items = layout([message(1, "2026-11-22T10:00:01Z"), message(2, "2026-11-22T10:00:59Z"), message(3, "2026-11-22T10:01:00Z")]);
  equal(shape(items), ["day", "turn other<", "turn other>", "turn other<>"]);
});

test("days break at midnight of the reader, not of the server", () => {
  const items = layout([message(1, "2026-11-22T15:59:00Z"), message(2, "2026-11-22T16:01:00Z")]);
  equal(items.filter(({ type }) => type === "day").map(({ key }) => key), ["d2026-11-22", "d2026-11-23"]);
});

test("only one's own words can be withdrawn, and once", () => {
  const at = "2026-11-22T10:00:00Z", me = from("agent", "Mei");
  const messages = [
    message(1, at),
    message(2, at, { sender: me }),
    message(3, at, { sender: from("agent", "Tom") }),
    message(4, at, { sender: me, recalled: true }),
  ];
  const recallable = (options) => layoutThread({ messages, reader: { ...reader, name: "Mei" }, ...options }).filter((item) => item.recallable).map(({ frame }) => frame.seq);
  equal(recallable({ mayRecall: true }), [2]);
  equal(recallable({}), []);
});

test("customer left, desk right, notes and system lines apart", () => {
  const at = "2026-11-22T10:00:00Z";
  const items = layout([
    message(1, at),
    message(2, at, { sender: from("bot") }),
    message(3, at, { sender: from("agent") }),
    message(4, at, { kind: "note", sender: from("agent") }),
    message(5, at, { kind: "event", payload: { event: "assigned" }, sender: from("system") }),
    message(6, at, { kind: "event", payload: { event: "note" }, sender: from("agent") }),
  ]);
  equal(items.map(({ type, side }) => side ?? type), ["day", "other", "own", "own", "note", "event", "note"]);
});

test("the robot's and an agent's lines never share a run", () => {
  const at = "2026-11-22T10:00:00Z";
  equal(shape(layout([message(1, at, { sender: from("bot") }), message(2, at, { sender: from("agent") })])), ["day", "turn own<>", "turn own<>"]);
});

test("what is on its way out stands below, until its ref is stored", () => {
  const entry = { ref: "r1", kind: "text", body: "x", state: "sending", at: Date.parse("2026-11-22T10:00:00Z") };
  equal(layout([], { entries: [entry] }).at(-1).state, "sending");
  const stored = message(1, "2026-11-22T10:00:00Z", { sender: from("agent") });
  equal(layout([stored], { entries: [entry], stateOf: () => "sent" }).map(({ key, state }) => [key, state ?? ""]), [["d2026-11-22", ""], ["r1", "sent"]]);
});

test("given up but not yet confirmed looks failed, and stands alone", () => {
  const at = Date.parse("2026-11-22T10:00:00Z");
  const entries = [{ ref: "a", kind: "text", state: "sending", at }, { ref: "b", kind: "text", state: "unconfirmed", at }];
  const [, first, second] = layout([], { entries });
  equal([first.state, first.last, second.state, second.first], ["sending", true, "failed", true]);
});

test("the line New stands before the first message of the customer that was not read", () => {
  const at = "2026-11-22T10:00:00Z";
  const items = layout([message(1, at), message(2, at, { sender: from("agent") }), message(3, at)], { newAfter: 1 });
  equal(items.map(({ key }) => key), ["d2026-11-22", "r1", "r2", "new", "r3"]);
});

test("a recall is no line of its own; what it recalls shows that it was", () => {
  const at = "2026-11-22T10:00:00Z";
  const items = layout([message(1, at, { sender: from("agent"), recalled: true }), message(2, at, { kind: "recall", sender: from("agent") })]);
  equal(items.filter(({ type }) => type === "turn").map(({ recalled, state }) => [recalled, state]), [[true, ""]]);
});

test("news since a seq leaves out own lines and system lines", () => {
  const at = "2026-11-22T10:00:00Z";
  const messages = [
    message(1, at),
    message(2, at),
    message(3, at, { sender: from("agent", "Mei") }),
    message(4, at, { sender: from("agent", "Li") }),
    message(5, at, { kind: "event", sender: from("system") }),
  ];
  equal(newsSince(messages, 1, "Mei"), { customer: 1, colleagues: 1 });
  equal(newsSince(messages, 5, "Mei"), { customer: 0, colleagues: 0 });
});
