import { rowsOf, suggestions } from "../rows.js";
import { equal, test } from "../../chat/tests/harness.mjs";

const at = (minute, second = 0, day = 3) => new Date(2026, 10, day, 9, minute, second).toISOString();
const say = (seq, kind, when, extra = {}) => ({ seq, ref: `r${seq}`, kind: "text", body: `m${seq}`, sender: { kind, name: kind }, at: when, ...extra });
const sent = () => "sent";
const turns = (...args) => rowsOf(...args).filter(({ type }) => type === "turn");

test("messages of one sender within a minute are one run", () => {
  const rows = turns([say(1, "agent", at(0, 0)), say(2, "agent", at(0, 30)), say(3, "agent", at(2, 0))], [], sent);
  equal(rows.map(({ first, last }) => [first, last]), [[true, false], [false, true], [true, true]]);
});

test("another sender ends a run, also on the same side", () => {
  const rows = turns([say(1, "bot", at(0, 0)), say(2, "agent", at(0, 5)), say(3, "customer", at(0, 6))], [], sent);
  equal(rows.map(({ side, first }) => [side, first]), [["other", true], ["other", true], ["own", true]]);
});

test("each day begins with a separator", () => {
  const rows = rowsOf([say(1, "bot", at(0)), say(2, "bot", at(1)), say(3, "bot", at(0, 0, 4))], [], sent);
  equal(rows.map(({ type }) => type), ["day", "turn", "turn", "day", "turn"]);
});

test("what is pending stands below, on the own side; unconfirmed looks failed", () => {
  const pending = [{ ref: "p", kind: "text", body: "x", state: "unconfirmed", at: new Date(2026, 10, 3, 9, 5).getTime() }];
  const rows = turns([say(1, "agent", at(0))], pending, sent);
  equal(rows.at(-1).state, "failed");
  equal([rows.at(-1).side, rows.at(-1).showState], ["own", true]);
});

test("only the last own message speaks of its state, until it is answered", () => {
  const open = turns([say(1, "customer", at(0)), say(2, "customer", at(1))], [], sent);
  equal(open.map(({ showState }) => showState), [false, true]);
  const answered = turns([say(1, "customer", at(0)), say(2, "bot", at(1))], [], sent);
  equal(answered.map(({ showState }) => showState), [false, false]);
});

test("an undelivered message speaks wherever it stands", () => {
  const rows = turns([say(1, "customer", at(0)), say(2, "customer", at(1))], [], () => "undelivered");
  equal(rows.map(({ showState }) => showState), [true, true]);
});

test("recalls are no lines of their own, events belong to nobody", () => {
  const rows = turns([say(1, "agent", at(0), { kind: "recall" }), say(2, "system", at(0), { kind: "event" })], [], sent);
  equal(rows.map(({ side }) => side), ["event"]);
});

test("suggestions are the last bot message's, until somebody speaks", () => {
  const bot = say(1, "bot", at(0), { payload: { quick_replies: [{ text: "Returns" }, { text: "Sizes" }] } });
  equal(suggestions([bot], []), ["Returns", "Sizes"]);
  equal(suggestions([bot, say(2, "system", at(0), { kind: "event" })], []), ["Returns", "Sizes"]);
  equal(suggestions([bot, say(2, "customer", at(1))], []), []);
  equal(suggestions([bot], [{ ref: "p" }]), []);
});
