import { SPAN, Window } from "../window.js";
import { equal, test } from "./harness.mjs";

const rows = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index }));

/** A log that has `from`…`to` of a chat that begins with 1. */
function setup(from, to) {
  const log = { list: rows(from, to), asked: 0, items: () => log.list, get hasOlder() { return log.list[0]?.seq > 1; } };
  log.loadOlder = async () => {
    log.asked += 1;
    const first = log.list[0].seq;
    log.list = [...rows(Math.max(1, first - 50), first - 1), ...log.list];
  };
  const view = new Window(log);
  const ends = (follows) => { const shown = view.items(follows); return [shown[0].seq, shown.at(-1).seq, shown.length]; };
  return { log, view, ends };
}

test("a short chat is shown whole", () => {
  const { view, ends } = setup(1, 40);
  equal([ends(), view.hasOlder, view.hasNewer], [[1, 40, 40], false, false]);
});

test("an empty chat is empty", async () => {
  const { view } = setup(1, 0);
  await view.newer();
  equal([view.items(), view.hasOlder, view.hasNewer], [[], false, false]);
});

test("the end goes on, and gives up the oldest lines", () => {
  const { log, view, ends } = setup(1, 290);
  ends();
  log.list = rows(1, 310);
  equal([ends(), view.hasOlder, view.hasNewer], [[11, 310, SPAN], true, false]);
});

test("who reads further up keeps the lines, and news stay below", () => {
  const { log, view, ends } = setup(1, 290);
  ends(false);
  log.list = rows(1, 310);
  equal([ends(false), view.hasNewer], [[1, 300, SPAN], true]);
});

test("upwards, what is loaded comes first, then pages; never more than the span", async () => {
  const { log, view, ends } = setup(601, 1000);
  equal(ends(), [701, 1000, SPAN]);
  await view.older();
  equal([ends(false), log.asked, view.hasNewer], [[651, 950, SPAN], 0, true]);
  for (let step = 0; step < 3; step += 1) await view.older();
  equal([ends(false), log.asked], [[501, 800, SPAN], 2]);
});

test("downwards again to the end, which goes on from there", async () => {
  const { log, view, ends } = setup(601, 1000);
  ends();
  for (let step = 0; step < 3; step += 1) await view.older();
  for (let step = 0; step < 3; step += 1) await view.newer();
  log.list = rows(601, 1001);
  equal([ends(), view.hasNewer], [[702, 1001, SPAN], false]);
});

test("the newest at once", async () => {
  const { view, ends } = setup(601, 1000);
  ends();
  for (let step = 0; step < 4; step += 1) await view.older();
  view.toEnd();
  equal([ends(), view.hasNewer], [[701, 1000, SPAN], false]);
});

test("steps that meet load once", async () => {
  const { log, view } = setup(951, 1000);
  await Promise.all([view.older(), view.older()]);
  equal(log.asked, 1);
});

test("the first line is the end of the way up", async () => {
  const { view, ends } = setup(30, 60);
  await view.older();
  await view.older();
  equal([ends(false), view.hasOlder], [[1, 60, 60], false]);
});

test("a log that began again elsewhere is shown from its end", async () => {
  const { log, view, ends } = setup(101, 500);
  ends();
  await view.older();
  log.list = rows(4951, 5000);
  equal(ends(), [4951, 5000, 50]);
});

test("a step that fails may be taken again", async () => {
  const { log, view, ends } = setup(951, 1000);
  const works = log.loadOlder;
  log.loadOlder = async () => { throw new Error("offline"); };
  const failed = await view.older().catch(() => "failed");
  log.loadOlder = works;
  await view.older();
  equal([failed, ends(false)], ["failed", [901, 1000, 100]]);
});
