import { EntryStore } from "../../chat/store.js";
import { FakeEnv, equal, settle, test } from "../../chat/tests/harness.mjs";
import { Lobby } from "../lobby.js";

function setup(answers = [], { store = new EntryStore("lobby", null), env = new FakeEnv(), owner = { name: "" } } = {}) {
  const delivered = [], refs = [];
  const open = async () => {
    const answer = answers.shift();
    if (answer) throw answer;
  };
  const lobby = new Lobby({ store, owner: () => owner.name, open, deliver: ({ body, ref }) => { delivered.push(body); refs.push(ref); }, onChange: () => {} }, env);
  return { env, store, lobby, delivered, refs, states: () => lobby.entries().map(({ state }) => state) };
}

test("words wait until the session is open, then go out in order", async () => {
  const { env, lobby, delivered, states } = setup();
  lobby.say("one");
  env.time += 1;
  lobby.say("two");
  equal(states(), ["sending", "sending"]);
  await env.pass(0);
  equal([delivered, states()], [["one", "two"], []]);
});

test("opening is tried three times within six seconds", async () => {
  const down = { status: 0 };
  const { env, lobby, delivered, states } = setup([down, down]);
  lobby.say("hi");
  await env.pass(6_000);
  equal([delivered, states()], [["hi"], []]);
});

test("after three failures the words stay, failed, and can be sent again", async () => {
  const down = { status: 503 };
  const { env, lobby, delivered, states } = setup([down, down, down]);
  lobby.say("hi");
  await env.pass(10_000);
  equal([delivered, states()], [[], ["failed"]]);
  lobby.resend(lobby.entries()[0].ref);
  await env.pass(0);
  equal(delivered, ["hi"]);
});

test("a refusal is not repeated", async () => {
  const { env, lobby, states } = setup([{ status: 403 }, null]);
  lobby.say("hi");
  await env.pass(0);
  equal(states(), ["failed"]);
});

test("a returning page goes on with young words and asks about old ones", async () => {
  const { env, store, lobby, delivered, states } = setup();
  const words = { kind: "text", payload: {}, state: "sending" };
  store.put({ ...words, ref: "old", body: "old", at: env.time - 120_000 });
  store.put({ ...words, ref: "new", body: "new", at: env.time - 1_000 });
  lobby.recover();
  await env.pass(0);
  await settle();
  equal([delivered, states()], [["new"], ["failed"]]);
});

test("two tabs that bring the same words in name them by the same ref", async () => {
  const one = setup();
  const other = setup([], { store: one.store, env: one.env });
  one.lobby.say("hi");
  const [{ ref }] = other.lobby.entries();
  other.lobby.recover();
  await one.env.pass(0);
  equal([...new Set([...one.refs, ...other.refs])], [ref]);
});

test("it is busy while young words are on their way in", async () => {
  const { env, store, lobby } = setup();
  store.put({ kind: "text", payload: {}, state: "sending", ref: "of a tab that is gone", body: "old", at: env.time - 120_000 });
  equal(lobby.busy, false);
  lobby.say("hi");
  equal(lobby.busy, true);
  await env.pass(0);
  equal([lobby.busy, lobby.entries().map(({ state }) => state)], [false, ["failed"]]);
});

test("only its own entries are resent and removed", () => {
  const { lobby } = setup();
  equal([lobby.resend("foreign"), lobby.remove("foreign")], [false, false]);
});

test("words of a signed-in customer are kept from everybody else, those of nobody are the next one's", async () => {
  const owner = { name: "42" };
  const { env, lobby, delivered, states } = setup([{ status: 503 }], { owner });
  lobby.say("mine");
  owner.name = "43";
  await env.pass(6_000);
  equal([delivered, states()], [[], []]);
  owner.name = "";
  lobby.say("anybody's");
  owner.name = "42";
  await env.pass(0);
  equal(delivered, ["mine", "anybody's"]);
});
