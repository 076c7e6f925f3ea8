import { Outbox } from "../outbox.js";
import { EntryStore } from "../store.js";
import { FakeEnv, equal, test } from "./harness.mjs";

/** A localStorage of the test's own. */
class FakeStorage {
  #map = new Map();
  get length() { return this.#map.size; }
  key(index) { return [...this.#map.keys()][index]; }
  getItem(key) { return this.#map.get(key) ?? null; }
  setItem(key, value) { this.#map.set(key, value); }
  removeItem(key) { this.#map.delete(key); }
}

function setup({ env = new FakeEnv(), storage = new FakeStorage(), owner = "tab-1", up = true } = {}) {
  const world = { env, storage, up, wire: [], stored: [] };
  const store = new EntryStore("outbox", storage);
  store.subscribe = () => {};
  world.box = new Outbox(
    {
      store,
      owner,
      transmit: (frame) => world.up && world.wire.push({ at: env.time - 1_000_000, ...frame }) > 0,
      onStored: (message) => world.stored.push(message),
    },
    env,
  );
  world.states = () => world.box.entries("s").map(({ ref, state }) => `${ref}:${state}`);
  world.sends = () => world.wire.filter(({ type }) => type === "send").map(({ at, attempt }) => [at, attempt]);
  world.cancels = () => world.wire.filter(({ type }) => type === "cancel").map(({ ref }) => ref);
  return world;
}

const hi = { body: "hi" };
const ack = (ref, seq = 7) => ({ type: "ack", ref, session: "s", seq, at: "now" });
const cancelled = (ref) => ({ type: "cancelled", ref });

test("a send is on the wire and on the screen at once", () => {
  const { box, wire, states } = setup();
  box.send("s", hi);
  equal(wire, [{ at: 0, type: "send", ref: "ref-1", session: "s", kind: "text", body: "hi", payload: {}, attempt: 1 }]);
  equal(states(), ["ref-1:sending"]);
});

test("an ack takes it off the outbox and hands it on with its seq", () => {
  const { box, stored, states } = setup();
  box.send("s", hi);
  equal(box.handle(ack("ref-1")), true);
  equal([states(), stored[0].seq, stored[0].body], [[], 7, "hi"]);
});

test("without an answer the same frame goes out at 0, 2 and 6 s, and fails at 10 s with a cancel", async () => {
  const { box, env, sends, cancels, states } = setup();
  box.send("s", hi);
  await env.pass(9_999);
  equal([sends(), states()], [[[0, 1], [2_000, 2], [6_000, 3]], ["ref-1:sending"]]);
  await env.pass(1);
  equal([cancels(), states()], [["ref-1"], ["ref-1:unconfirmed"]]);
});

test("without a connection it fails in the same time and owes the cancel until one is up", async () => {
  const world = setup({ up: false });
  world.box.send("s", hi);
  await world.env.pass(11_000);
  equal([world.wire, world.states()], [[], ["ref-1:unconfirmed"]]);
  world.up = true;
  world.box.connected();
  equal(world.cancels(), ["ref-1"]);
});

test("a connection that comes back in time repeats the unanswered attempt", async () => {
  const world = setup({ up: false });
  world.box.send("s", hi);
  await world.env.pass(2_500);
  world.up = true;
  world.box.connected();
  equal(world.sends(), [[2_500, 2]]);
});

test("cancelled makes it failed for good", async () => {
  const { box, env, states } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.handle(cancelled("ref-1"));
  await env.pass(60_000);
  equal(states(), ["ref-1:failed"]);
});

test("an ack that answers the cancel shows it as sent after all", async () => {
  const { box, env, stored, states } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.handle(ack("ref-1", 9));
  equal([states(), stored.map(({ seq }) => seq)], [[], [9]]);
});

test("an unanswered cancel is repeated", async () => {
  const { box, env, cancels } = setup();
  box.send("s", hi);
  await env.pass(18_000);
  equal(cancels(), ["ref-1", "ref-1", "ref-1"]);
});

test("a final nack fails it at once and owes nothing", async () => {
  const { box, env, cancels } = setup();
  box.send("s", hi);
  box.handle({ type: "nack", ref: "ref-1", code: "session_closed", detail: "closed", retryable: false });
  const [{ state, code }] = box.entries("s");
  await env.pass(30_000);
  equal([state, code, cancels()], ["failed", "session_closed", []]);
});

test("a retryable nack waits for the next attempt", async () => {
  const { box, env, sends, states } = setup();
  box.send("s", hi);
  box.handle({ type: "nack", ref: "ref-1", code: "unavailable", retryable: true });
  await env.pass(2_000);
  equal([sends(), states()], [[[0, 1], [2_000, 2]], ["ref-1:sending"]]);
});

test("resend of a failed message uses a new ref", async () => {
  const { box, env, states } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.handle(cancelled("ref-1"));
  box.resend("ref-1");
  equal(states(), ["ref-2:sending"]);
});

test("resend before the cancel is answered waits for it", async () => {
  const { box, env, states } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.resend("ref-1");
  equal(states(), ["ref-1:unconfirmed"]);
  box.handle(cancelled("ref-1"));
  equal(states(), ["ref-2:sending"]);
});

test("resend of one that was stored after all sends nothing", async () => {
  const { box, env, sends, states } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.resend("ref-1");
  box.handle(ack("ref-1"));
  equal([sends().length, states()], [3, []]);
});

test("a second resend of the same failed message, from another tab, does nothing", async () => {
  const one = setup();
  const two = setup({ env: one.env, storage: one.storage, owner: "tab-2" });
  one.box.send("s", hi);
  one.box.handle({ type: "nack", ref: "ref-1", code: "invalid", retryable: false });
  one.box.resend("ref-1");
  two.box.resend("ref-1");
  equal(one.states(), ["ref-2:sending"]);
});

test("delete takes a failed one away; an unconfirmed one is hidden and still cancelled", async () => {
  const { box, env, states, cancels } = setup();
  box.send("s", hi);
  await env.pass(10_000);
  box.remove("ref-1");
  equal(states(), []);
  await env.pass(4_000);
  equal(cancels().length, 2);
  box.handle(cancelled("ref-1"));
  await env.pass(20_000);
  equal([states(), cancels().length], [[], 2]);
});

test("a reload goes on where the page stopped", async () => {
  const first = setup();
  first.box.send("s", hi);
  first.box.close();
  await first.env.pass(1_000);
  const second = setup({ env: first.env, storage: first.storage });
  equal(second.states(), ["ref-1:sending"]);
  second.box.connected();
  await second.env.pass(1_000);
  equal(second.sends(), [[1_000, 1], [2_000, 2]]);
});

test("an entry of a closed tab is taken over by another one", async () => {
  const first = setup();
  first.box.send("s", hi);
  first.box.close();
  const second = setup({ env: first.env, storage: first.storage, owner: "tab-2" });
  await second.env.pass(4_000);
  equal(second.sends(), [[3_501, 2]]);
});

test("two living tabs do not both send", async () => {
  const first = setup();
  const second = setup({ env: first.env, storage: first.storage, owner: "tab-2" });
  first.box.send("s", hi);
  await first.env.pass(9_000);
  equal([first.sends().length, second.sends().length], [3, 0]);
});

test("what another tab wrote before goes first, under its own ref", async () => {
  const first = setup({ up: false });
  const second = setup({ env: first.env, storage: first.storage, owner: "tab-2" });
  first.box.send("s", { body: "begun there" });
  first.box.send("other", { body: "elsewhere" });
  await first.env.pass(1_000);
  second.box.send("s", { body: "answered here" });
  second.box.connected();
  equal(second.wire.map(({ ref, body }) => [ref, body]), [["ref-1", "begun there"], ["ref-3", "answered here"], ["ref-1", "begun there"], ["ref-3", "answered here"]]);
  second.box.handle(ack("ref-1", 7));
  second.box.handle(ack("ref-3", 8));
  first.up = true;
  first.box.connected();
  equal([first.states(), first.wire.map(({ body }) => body)], [[], ["elsewhere"]]);
});

test("words that come with their ref and time keep both", () => {
  const { box, env } = setup();
  box.send("s", { body: "now" });
  box.send("s", { body: "came in", ref: "given", at: env.time + 5 });
  equal(box.entries("s").map(({ ref, at }) => [ref, at]), [["ref-1", env.time], ["given", env.time + 5]]);
});

test("an entry found an hour later is not sent by surprise", async () => {
  const first = setup({ up: false });
  first.box.send("s", hi);
  first.box.close();
  first.env.time += 3_600_000;
  const second = setup({ env: first.env, storage: first.storage });
  await second.env.pass(10);
  equal([second.sends(), second.cancels()], [[], ["ref-1"]]);
});

test("a message frame with the ref confirms it, whoever received it", () => {
  const { box, states } = setup();
  box.send("s", hi);
  box.confirm("ref-1");
  equal(states(), []);
});

test("entries keep the order in which they were written, also within a millisecond", () => {
  const { box } = setup();
  for (const body of ["a", "b", "c"]) box.send("s", { body });
  equal(box.entries("s").map(({ body }) => body), ["a", "b", "c"]);
});

test("sessions do not see each other's entries, and foreign frames are left alone", () => {
  const { box } = setup();
  box.send("s", hi);
  equal(box.entries("other"), []);
  equal([box.handle(ack("unknown")), box.handle({ type: "message", ref: "ref-1" })], [false, false]);
});

test("what a lost session has not confirmed is given back once, and not sent any more", async () => {
  const { box, env, sends } = setup();
  box.send("s", hi);
  box.send("s", { body: "ho" });
  equal([box.takeBack("s").map(({ body }) => body), box.takeBack("s")], [["hi", "ho"], []]);
  await env.pass(20_000);
  equal(sends().length, 2);
});

test("a cancel owed at a reload is paid by the next page, which follows the answer", async () => {
  const first = setup({ up: false });
  first.box.send("s", hi);
  await first.env.pass(10_500);
  first.box.close();
  const second = setup({ env: first.env, storage: first.storage });
  equal(second.states(), ["ref-1:unconfirmed"]);
  second.box.connected();
  equal(second.cancels(), ["ref-1"]);
  second.box.handle(ack("ref-1", 3));
  equal([second.states(), second.stored[0].seq], [[], 3]);
});

test("stored before the reload, shown by the replay: nothing is doubled", () => {
  const first = setup();
  first.box.send("s", hi);
  first.box.close();
  const second = setup({ env: first.env, storage: first.storage });
  second.box.confirm("ref-1");
  second.box.connected();
  equal([second.states(), second.wire], [[], []]);
});

test("two tabs: an answer that one gets settles it for both", async () => {
  const one = setup();
  const two = setup({ env: one.env, storage: one.storage, owner: "tab-2" });
  one.box.send("s", hi);
  two.box.handle(ack("ref-1"));
  await one.env.pass(20_000);
  equal([one.states(), one.sends().length, two.sends().length], [[], 1, 0]);
});

test("where storage is forbidden, memory serves", () => {
  const { box, states } = setup({ storage: null });
  box.send("s", hi);
  equal(states(), ["ref-1:sending"]);
});

test("a full storage falls back to memory and loses nothing", () => {
  const storage = new FakeStorage();
  const { box } = setup({ storage });
  box.send("s", { body: "first" });
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  box.send("s", { body: "second" });
  equal(box.entries("s").map(({ body }) => body), ["first", "second"]);
});
