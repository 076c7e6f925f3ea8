import { ChatSocket, followBrowser, retryDelay } from "../socket.js";
import { FakeEnv, equal, ok, test } from "./harness.mjs";

function setup(options = {}) {
  const env = new FakeEnv();
  const seen = { states: [], frames: [] };
  const socket = new ChatSocket(
    {
      url: "ws://desk.test/ws/visitor/",
      hello: () => ({ token: "t", cursors: { s: 3 } }),
      onFrame: (frame) => seen.frames.push(frame.type),
      onState: (news) => { seen.states.push(news.state); seen.news = news; },
      ...options,
    },
    env,
  );
  socket.open();
  return { env, seen, socket };
}

test("hello is the first frame and carries token and cursors", () => {
  const { env } = setup();
  env.socket.accept(null);
  equal(env.socket.sent, [{ type: "hello", v: 1, token: "t", cursors: { s: 3 } }]);
});

test("it is online only after welcome, and sends only then", () => {
  const { env, seen, socket } = setup();
  env.socket.accept(null);
  equal(socket.send({ type: "typing" }), false);
  env.socket.push({ type: "welcome", v: 1, heartbeat: 25, sessions: [] });
  equal(socket.send({ type: "typing" }), true);
  equal(seen.states, ["connecting", "online"]);
});

test("no welcome within ten seconds is a dead connection", async () => {
  const { env, socket } = setup();
  env.socket.accept(null);
  await env.pass(10_000);
  equal([socket.state, env.sockets[0].readyState], ["waiting", 3]);
});

test("ping is answered with pong and not shown to the client", () => {
  const { env, seen } = setup();
  env.socket.accept();
  env.socket.push({ type: "ping" });
  equal(env.socket.types(), ["hello", "pong"]);
  equal(seen.frames, ["welcome"]);
});

test("pings go out every 25 s while the server answers", async () => {
  const { env, socket } = setup();
  env.socket.accept();
  for (let beat = 0; beat < 4; beat += 1) {
    await env.pass(25_000);
    env.socket.push({ type: "pong" });
  }
  equal(env.socket.types().filter((type) => type === "ping").length, 4);
  equal(socket.state, "online");
});

test("sixty seconds of silence drop the connection, no later, and make a new one", async () => {
  const { env, socket } = setup();
  env.socket.accept();
  await env.pass(59_999);
  equal(socket.state, "online");
  await env.pass(1);
  equal(socket.state, "waiting");
  await env.pass(1_000);
  equal(env.sockets.length, 2);
});

test("a missed heartbeat is told, and so is the next word of the server", async () => {
  const { env, seen } = setup();
  env.socket.accept();
  await env.pass(35_000);
  equal(seen.news, { state: "online", stale: true });
  env.socket.push({ type: "pong" });
  equal(seen.news, { state: "online" });
  await env.pass(34_000);
  equal(seen.states, ["connecting", "online", "online", "online"]);
});

test("delays grow while connections die young, and begin anew after one that lived", async () => {
  const { env, seen } = setup();
  env.chance = 1;
  const delays = [];
  for (const lifetime of [0, 0, 0, 9_000, 11_000]) {
    env.socket.accept();
    await env.pass(lifetime);
    env.socket.die();
    delays.push(seen.news.retryAt - env.now());
    await env.pass(delays.at(-1));
  }
  equal(delays, [1_000, 2_000, 4_000, 8_000, 1_000]);
});

test("a message that must be repeated asks whether the wire lives; no answer is a new connection", async () => {
  const { env, socket } = setup();
  env.socket.accept();
  socket.send({ type: "send", ref: "r", attempt: 1 });
  await env.pass(2_000);
  equal(env.socket.types(), ["hello", "send"]);
  socket.send({ type: "send", ref: "r", attempt: 2 });
  equal(env.socket.types(), ["hello", "send", "send", "ping"]);
  await env.pass(3_000);
  equal([socket.state, env.sockets.length], ["connecting", 2]);
});

test("a wire that answers is kept", async () => {
  const { env, socket } = setup();
  env.socket.accept();
  await env.pass(5_000);
  socket.nudge();
  env.socket.push({ type: "pong" });
  await env.pass(5_000);
  equal([socket.state, env.sockets.length], ["online", 1]);
});

test("a nudge right after a word of the server asks nothing", () => {
  const { env, socket } = setup();
  env.socket.accept();
  socket.nudge();
  equal(env.socket.types(), ["hello"]);
});

test("delays are fully jittered between 0.5 and 15 s", () => {
  for (const failures of [1, 2, 5, 30]) {
    equal(retryDelay(1006, failures, () => 0), 500);
    ok(retryDelay(1006, failures, () => 0.999) <= 15_000);
  }
  ok(retryDelay(1006, 1, () => 1) <= 1_000, "the first retry is quick");
});

test("a restarting server is met again within 5 s, a too fast client waits at least 5 s", () => {
  equal([retryDelay(1001, 9, () => 0), retryDelay(1001, 9, () => 1)], [0, 5_000]);
  equal([retryDelay(4429, 1, () => 0), retryDelay(4429, 1, () => 1)], [5_000, 15_000]);
});

for (const code of [4400, 4401, 4403, 4404, 4409]) {
  test(`close ${code} is final`, async () => {
    const { env, seen } = setup();
    env.socket.accept();
    env.socket.die(code);
    await env.pass(120_000);
    equal([env.sockets.length, seen.states.at(-1)], [1, "refused"]);
  });
}

test("4401 is final at once before welcome, and no verdict where the server has only waited for hello", async () => {
  const { env, seen, socket } = setup();
  env.socket.accept(null);
  await env.pass(5_000);
  env.socket.die(4401);
  equal(socket.state, "waiting");
  await env.pass(1_000);
  env.socket.accept(null);
  await env.pass(1_000);
  env.socket.die(4401);
  equal([env.sockets.length, seen.states.at(-1)], [2, "refused"]);
});

test("close 4408 is retried with the cursors of that moment", async () => {
  let cursor = 3;
  const { env } = setup({ hello: () => ({ token: "t", cursors: { s: cursor } }) });
  env.socket.accept();
  env.socket.die(4408);
  cursor = 8;
  await env.pass(2_000);
  env.socket.accept();
  equal(env.socket.sent[0].cursors, { s: 8 });
});

test("offline drops the socket, online connects at once", () => {
  const { env, socket } = setup();
  env.socket.accept();
  socket.offline();
  equal([socket.state, env.sockets[0].closed], ["waiting", 1005]);
  socket.nudge();
  equal([socket.state, env.sockets.length], ["connecting", 2]);
});

test("waking after a long sleep replaces a silent socket", () => {
  const { env, socket } = setup();
  env.socket.accept();
  env.time += 61_000;
  socket.nudge();
  equal(env.sockets.length, 2);
});

test("frames of a socket that was thrown away are not heard", () => {
  const { env, seen, socket } = setup();
  const first = env.socket;
  first.accept();
  socket.reconnect();
  first.push({ type: "message" });
  first.die(4401);
  equal([seen.frames, socket.state], [["welcome"], "connecting"]);
});

test("close ends it: no retry", async () => {
  const { env, socket } = setup();
  env.socket.accept();
  socket.close();
  await env.pass(60_000);
  equal([socket.state, env.sockets.length, env.sockets[0].closed], ["closed", 1, 1000]);
});

test("the browser's network events reach the socket", () => {
  const { env, socket } = setup();
  env.socket.accept();
  const target = Object.assign(new EventTarget(), { document: new EventTarget() });
  const stop = followBrowser(socket, target);
  target.dispatchEvent(new Event("offline"));
  equal(socket.state, "waiting");
  target.dispatchEvent(new Event("online"));
  equal(socket.state, "connecting");
  stop();
  target.dispatchEvent(new Event("offline"));
  equal(socket.state, "connecting");
});

test("a page kept for going back lets its socket go, and connects when it is shown again", () => {
  const { env, socket } = setup();
  env.socket.accept();
  const target = Object.assign(new EventTarget(), { document: Object.assign(new EventTarget(), { visibilityState: "visible" }) });
  followBrowser(socket, target);
  target.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
  equal(socket.state, "online");
  target.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
  equal([socket.state, env.sockets[0].readyState], ["waiting", 3]);
  target.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  equal([socket.state, env.sockets.length], ["connecting", 2]);
});

test("a page that is hidden does not hurry", () => {
  const { env, socket } = setup();
  env.socket.accept();
  env.socket.die();
  const target = Object.assign(new EventTarget(), { document: Object.assign(new EventTarget(), { visibilityState: "hidden" }) });
  followBrowser(socket, target);
  target.document.dispatchEvent(new Event("visibilitychange"));
  equal(socket.state, "waiting");
  target.document.visibilityState = "visible";
  target.document.dispatchEvent(new Event("visibilitychange"));
  equal(socket.state, "connecting");
});
