// static/js/console/tests/history.test.mjs – reading a long chat: places, ways back to the newest line, marks.
import { MessageLog } from "../../chat/log.js";
import { FakeEnv, equal, settle, test } from "../../chat/tests/harness.mjs";
import { rangesIn } from "../highlight.js";
import { History } from "../history.js";

const LAST = 1_000;
const line = (seq) => ({ type: "message", session: "s", seq, prev: seq - 1, ref: `r${seq}`, kind: "text", body: `m${seq}` });
const lines = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => line(from + index));

/** A server with a chat of LAST lines, of which the log has the last 50. */
function setup() {
  const asked = [];
  const fetchPage = async ({ before, after, around, at, limit }) => {
    asked.push(Object.keys({ before, after, around, at }).find((key) => ({ before, after, around, at })[key] !== undefined) ?? "newest");
    const anchor = around ?? at;
    if (after !== undefined) return page(after + 1, after + limit);
    if (anchor === undefined) return page((before ?? LAST + 1) - limit, (before ?? LAST + 1) - 1);
    return { ...page(anchor - limit / 2, anchor + limit / 2 - 1), anchor, has_newer: anchor + limit / 2 - 1 < LAST };
  };
  const page = (from, to) => ({ results: lines(Math.max(1, from), Math.min(LAST, to)), has_more: from > 1 });
  const log = new MessageLog({ session: "s", transmit: () => true, fetchPage }, new FakeEnv());
  log.seed(page(LAST - 49, LAST));
  const history = new History(log, fetchPage);
  const ends = (follows = false) => { const shown = history.items(follows); return [shown[0].seq, shown.at(-1).seq, shown.length]; };
  return { asked, log, history, ends };
}

const isGapless = (rows) => rows.every(({ seq }, index) => index === 0 || seq === rows[index - 1].seq + 1);

test("a place far away is an island, with ways both up and down", async () => {
  const { asked, history, ends } = setup();
  equal(await history.jump({ around: 500 }), 500);
  equal([ends(), history.hasOlder, history.hasNewer, asked], [[450, 549, 100], true, true, ["around"]]);
});

test("an island grows both ways and never shows more than its span", async () => {
  const { history, ends } = setup();
  await history.jump({ at: 500 });
  for (let step = 0; step < 6; step += 1) await history.older();
  equal(ends(), [150, 449, 300]);
  await history.newer();
  equal([ends(), isGapless(history.items(false))], [[200, 499, 300], true]);
});

test("downwards an island meets the log, without a gap, and goes on with what comes", async () => {
  const { log, history, ends } = setup();
  await history.jump({ around: 850 });
  for (let step = 0; step < 6 && history.hasNewer; step += 1) await history.newer();
  log.apply(line(1_001));
  equal([ends(true)[1], history.hasNewer, isGapless(history.items(true)), log.cursor], [1_001, false, true, 1_001]);
});

test("a place within what is loaded asks nobody", async () => {
  const { asked, history, ends } = setup();
  await history.jump({ around: 960 });
  equal([asked, ends(), history.hasNewer], [[], [951, 1_000, 50], false]);
});

test("a place that touches the log becomes a part of it", async () => {
  const { log, history, ends } = setup();
  await history.jump({ around: 940 });
  equal([ends(), history.hasNewer, log.items()[0].seq, log.hasOlder], [[890, 989, 100], true, 890, true]);
});

test("the newest lines are back at once, however far one was", async () => {
  const { asked, history, ends } = setup();
  await history.jump({ around: 20 });
  history.toEnd();
  equal([ends(true), asked.length], [[951, 1_000, 50], 1]);
});

test("lines of the place before, which come late, do not come into another one", async () => {
  for (const way of ["older", "newer"]) {
    const { history, ends } = setup();
    await history.jump({ around: 700 });
    await history[way]();
    const late = history[way]();
    await history.jump({ around: 200 });
    await late;
    equal([ends(), isGapless(history.items(false))], [[150, 249, 100], true]);
  }
});

test("a time after the last line is the end", async () => {
  const { history, ends } = setup();
  equal([await history.jump({ at: LAST + 1 }), ends()[1], history.hasNewer], [LAST + 1, LAST, false]);
});

test("what is withdrawn while one reads elsewhere loses its content there, too", async () => {
  const { log, history } = setup();
  await history.jump({ around: 500 });
  log.apply({ ...line(1_001), kind: "recall", payload: { seq: 500 } });
  await settle();
  equal(history.items(false).find(({ seq }) => seq === 500).body, "");
});

test("words are found in text, whatever their size and however the text is cut", () => {
  const node = document.createElement("p");
  node.append("Refund: 退款 re", "FUND", document.createElement("br"), "refundrefund");
  equal(rangesIn(node, ["refund", "退款"]).map(String), ["Refund", "退款", "refund", "refund"]);
});
