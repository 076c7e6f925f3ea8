import { MessageLog } from "../log.js";
import { FakeEnv, equal, ok, settle, test } from "./harness.mjs";

const frame = (seq, extra = {}) => ({ type: "message", session: "s", seq, ref: `r${seq}`, kind: "text", body: `m${seq}`, ...extra });

function setup({ pages = [], up = true } = {}) {
  const world = { env: new FakeEnv(), wire: [], asked: [], changes: 0, up };
  world.log = new MessageLog(
    {
      session: "s",
      transmit: (sent) => world.up && world.wire.push(`${sent.type}:${sent.seq}`) > 0,
      fetchPage: async (query) => {
        world.asked.push(query);
        const page = pages.shift() ?? { results: [], has_more: false };
        if (page instanceof Error) throw page;
        return page;
      },
      onChange: () => { world.changes += 1; },
    },
    world.env,
  );
  world.seqs = () => world.log.items().map(({ seq }) => seq);
  return world;
}

test("frames in order are applied and move the cursor", () => {
  const { log, seqs } = setup();
  equal([log.apply(frame(1)), log.apply(frame(2))], ["applied", "applied"]);
  equal([seqs(), log.cursor], [[1, 2], 2]);
});

test("received is cumulative and sent within 300 ms", async () => {
  const { env, log, wire } = setup();
  for (const seq of [1, 2, 3]) log.apply(frame(seq));
  await env.pass(300);
  equal(wire, ["received:3"]);
});

test("a duplicate is not shown twice, and acknowledged again because our word was lost", async () => {
  const { env, log, seqs, wire } = setup();
  log.apply(frame(1));
  await env.pass(300);
  equal(log.apply(frame(1)), "duplicate");
  await env.pass(300);
  equal([seqs(), wire], [[1], ["received:1", "received:1"]]);
});

test("a gap is kept aside and fetched after the cursor", async () => {
  const { asked, env, log, seqs } = setup({ pages: [{ results: [frame(2), frame(3)], has_more: false }] });
  log.apply(frame(1));
  equal(log.apply(frame(3)), "gap");
  equal([seqs(), log.cursor], [[1], 1]);
  await env.pass(200);
  equal([asked, seqs(), log.cursor], [[{ after: 1, limit: 200 }], [1, 2, 3], 3]);
});

test("a late frame closes the gap in order, without a question", async () => {
  const { log, seqs } = setup();
  for (const seq of [1, 3, 4, 2]) log.apply(frame(seq));
  equal([seqs(), log.cursor], [[1, 2, 3, 4], 4]);
});

test("prev says that skipped numbers are not ours to see", () => {
  const { log } = setup();
  log.apply(frame(1));
  equal(log.apply(frame(5, { prev: 1 })), "applied");
  equal(log.apply(frame(9, { prev: 7 })), "gap");
});

test("a gap that cannot be fetched is asked for again", async () => {
  const { asked, env, log, seqs } = setup({ pages: [new Error("offline"), { results: [frame(1), frame(2)], has_more: false }] });
  log.apply(frame(2));
  await env.pass(200);
  await env.pass(3_000);
  equal([asked.length, seqs()], [2, [1, 2]]);
});

test("a long gap is fetched page by page", async () => {
  const pages = [{ results: [frame(1), frame(2)], has_more: true }, { results: [frame(3)], has_more: false }];
  const { env, log, seqs } = setup({ pages });
  log.apply(frame(4));
  await env.pass(300);
  equal([seqs(), log.cursor], [[1, 2, 3, 4], 4]);
});

test("an own message known by its ack stands in its place and moves the cursor when the log reaches it", () => {
  const { log, seqs } = setup();
  log.apply(frame(1));
  log.confirm(frame(3));
  equal([seqs(), log.cursor], [[1, 3], 1]);
  log.apply(frame(2));
  equal([seqs(), log.cursor], [[1, 2, 3], 3]);
});

test("the echo of an own message replaces what the ack told", () => {
  const { log } = setup();
  log.confirm(frame(4, { body: "local" }));
  log.apply(frame(4, { prev: 0, body: "server" }));
  equal(log.items().map(({ body }) => body), ["server"]);
});

test("an own message beyond a hole makes the log ask", async () => {
  const { asked, env, log } = setup();
  log.confirm(frame(4));
  await env.pass(3_000);
  equal(asked, [{ after: 0, limit: 200 }]);
});

test("receipts only rise; read implies delivered; undelivered is the server's word", () => {
  const { log } = setup();
  log.receipt({ delivered: 3, read: 0 });
  log.receipt({ delivered: 1, read: 2, undelivered: 5 });
  equal([1, 2, 3, 4, 5, 6].map((seq) => log.stateOf(seq)), ["read", "read", "delivered", "undelivered", "undelivered", "sent"]);
});

test("read is sent once, and kept for the next connection when there is none", () => {
  const world = setup({ up: false });
  world.log.apply(frame(1));
  world.log.markRead();
  equal(world.wire, []);
  world.up = true;
  world.log.connected();
  world.log.markRead();
  equal(world.wire, ["read:1"]);
});

test("a connection acknowledges the cursor again", async () => {
  const { env, log, wire } = setup();
  log.apply(frame(1));
  await env.pass(300);
  log.connected(1);
  await env.pass(300);
  equal(wire, ["received:1", "received:1"]);
});

test("what welcome promises and replay does not bring is fetched", async () => {
  const { asked, env, log } = setup({ pages: [{ results: [frame(1)], has_more: false }] });
  log.connected(1);
  await env.pass(3_000);
  equal([asked.length, log.cursor], [1, 1]);
});

test("reload begins again with the newest page", async () => {
  const { log, seqs } = setup({ pages: [{ results: [frame(8), frame(9)], has_more: true }] });
  log.apply(frame(1));
  await log.reload();
  equal([seqs(), log.cursor, log.hasOlder], [[8, 9], 9, true]);
});

test("a reload that fails is tried again, and what came meanwhile is kept", async () => {
  const { env, log, seqs } = setup({ pages: [new Error("offline"), { results: [frame(8), frame(9)], has_more: true }] });
  log.apply(frame(1));
  log.reload();
  await settle();
  log.apply(frame(10));
  await env.pass(3_000);
  equal([seqs(), log.cursor], [[8, 9, 10], 10]);
});

test("older pages are put in front and leave the cursor alone", async () => {
  const { asked, log, seqs } = setup({ pages: [{ results: [frame(6), frame(7)], has_more: false }] });
  log.seed({ results: [frame(8)], has_more: true });
  equal(await log.loadOlder(), 2);
  equal([asked, seqs(), log.cursor, log.hasOlder], [[{ before: 8, limit: 50 }], [6, 7, 8], 8, false]);
});

test("older pages are not asked for twice at the same time", async () => {
  const { asked, log } = setup();
  log.seed({ results: [frame(8)], has_more: true });
  await Promise.all([log.loadOlder(), log.loadOlder()]);
  equal(asked.length, 1);
});

test("a recalled message loses its content, whichever came first", async () => {
  const { log } = setup();
  log.apply(frame(1, { body: "secret" }));
  log.apply(frame(2, { kind: "recall", payload: { seq: 1 } }));
  ok(log.items()[0].recalled);
  equal(log.items()[0].body, "");
  await settle();
});

test("the screen is told once for each change", () => {
  const world = setup();
  world.log.apply(frame(1));
  world.log.apply(frame(1));
  equal(world.changes, 1);
});

test("an older page that comes after the log has begun again is left out: it would stand before a hole", async () => {
  let older;
  const { env } = setup();
  const page = (...seqs) => ({ results: seqs.map((seq) => frame(seq)), has_more: true });
  const fetchPage = ({ before }) => (before ? new Promise((resolve) => { older = resolve; }) : Promise.resolve(page(900, 901)));
  const log = new MessageLog({ session: "s", transmit: () => true, fetchPage }, env);
  log.seed(page(101, 102));
  const loading = log.loadOlder();
  await log.reload();
  older(page(99, 100));
  equal([await loading, log.items().map(({ seq }) => seq), log.hasOlder], [0, [900, 901], true]);
});

test("a page that fails after the log was closed is not asked for again", async () => {
  let fail;
  const asked = [];
  const { env } = setup();
  const fetchPage = (query) => { asked.push(query); return new Promise((_, reject) => { fail = reject; }); };
  const log = new MessageLog({ session: "s", transmit: () => true, fetchPage }, env);
  log.apply(frame(3));
  await env.pass(200);
  log.close();
  fail(new Error("away"));
  await settle();
  await env.pass(20_000);
  equal(asked.length, 1);
});
