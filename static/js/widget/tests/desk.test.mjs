import { FakeEnv, equal, settle, test } from "../../chat/tests/harness.mjs";
import { Desk } from "../desk.js";

let inboxes = 0;
const signed = (sub) => `x.${btoa(JSON.stringify({ sub }))}.y`;

/** A desk of an inbox of its own, so that what one test stores is not found by the next. */
async function setup({ inbox = `test-${(inboxes += 1)}`, env = new FakeEnv(), api = {}, identity = "" } = {}) {
  const calls = [];
  const note = (name) => async (...args) => { calls.push([name, ...args]); return api[name]?.(...args); };
  const visitor = {
    config: async () => ({ shop_name: "Shop", hours: { open: true, opens_at: null }, upload: {} }),
    open: async (...args) => { calls.push(["open", ...args]); return { session: "s1", token: "t1" }; },
    post: note("post"),
    messages: async () => ({ results: [], has_more: false }),
  };
  const desk = new Desk({ inbox, locale: "en", api: Object.assign(visitor, api), onChange: () => {}, onForget: () => {} }, env);
  desk.identify(identity);
  await desk.start();
  return { inbox, env, desk, calls };
}

const frame = (seq, kind, extra = {}) => ({ type: "message", session: "s1", seq, ref: `r${seq}`, sender: { kind, name: "" }, kind: "text", body: "x", payload: {}, at: "2026-11-03T09:00:00Z", ...extra });

async function talking(options) {
  const world = await setup(options);
  world.desk.say("hi");
  await world.env.pass(0);
  world.env.socket.accept({ type: "welcome", v: 1, heartbeat: 25, sessions: [{ session: "s1", status: "bot", last_seq: 0 }] });
  return world;
}

test("nothing is opened before the customer says something", async () => {
  const { desk, calls, env } = await setup();
  equal([desk.state.status, calls, env.sockets.length], ["idle", [], 0]);
});

test("the first words open the session and are sent once it is welcomed", async () => {
  const { desk, env } = await talking();
  equal(env.socket.types(), ["hello", "send"]);
  equal([env.socket.sent[0].token, env.socket.sent[1].body, desk.state.status], ["t1", "hi", "bot"]);
});

test("a returning page goes on with its session without opening another", async () => {
  const first = await talking();
  const again = await setup({ inbox: first.inbox });
  equal([again.desk.session.id, again.calls.length, again.env.sockets.length], ["s1", 0, 1]);
});

test("an acknowledged message moves from the outbox into the log", async () => {
  const { desk, env } = await talking();
  const { ref } = env.socket.sent[1];
  env.socket.push({ type: "ack", ref, session: "s1", seq: 1, at: "2026-11-03T09:00:00Z" });
  equal([desk.pending(), desk.log.items().map(({ body }) => body)], [[], ["hi"]]);
});

test("what others wrote is unread until the customer looks", async () => {
  const { desk, env } = await talking();
  env.socket.push(frame(1, "bot"));
  env.socket.push(frame(2, "agent"));
  equal(desk.unread, 2);
  desk.look(true);
  equal(desk.unread, 0);
});

test("the state follows the session frames; a survey waits for its rating", async () => {
  const { desk, env } = await talking();
  env.socket.push({ type: "survey", session: "s1", token: "x", scale: 5 });
  env.socket.push({ type: "session", session: "s1", status: "closed", queue: null, agent: null, offer: null });
  equal([desk.ended, desk.state.survey !== null], [true, true]);
  await desk.rate(5, "");
  equal([desk.state.rated, desk.state.survey], [true, null]);
});

test("a rating that was given before is not an error", async () => {
  const { desk } = await setup({ api: { post: async () => { throw { code: "already_rated" }; } } });
  await desk.rate(4, "");
  equal(desk.state.rated, true);
});

test("an expired token leaves the chat, keeping what is unsent for a new one", async () => {
  const { desk, env } = await talking();
  env.socket.die(4401);
  equal([desk.session, desk.state.status], [null, "idle"]);
  const [{ ref, body, state }] = desk.pending();
  equal([body, state], ["hi", "failed"]);
  desk.resend(ref);
  await env.pass(0);
  env.socket.accept();
  equal(env.socket.sent.at(-1).body, "hi");
});

/** Another tab of the same browser: `window` hears its writes as storage events, of itself it hears none. */
function otherTab(inbox) {
  return (name, value) => {
    const key = `helpdesk.${inbox}.${name}`, newValue = value && JSON.stringify(value);
    if (value) localStorage.setItem(key, newValue);
    else localStorage.removeItem(key);
    window.dispatchEvent(new StorageEvent("storage", { key, newValue }));
  };
}

test("a chat that another tab opens is shown here, too, and not opened twice", async () => {
  const { desk, env, inbox, calls } = await setup();
  otherTab(inbox)("session", { id: "s9", token: "t9" });
  env.socket.accept();
  equal([desk.session.id, env.socket.sent[0].token], ["s9", "t9"]);
  desk.say("hi");
  await env.pass(0);
  equal([calls, env.socket.sent.at(-1).session], [[], "s9"]);
});

test("words follow those that another tab is still bringing in", async () => {
  const { desk, env, inbox } = await talking();
  const theirs = { ref: "theirs", kind: "text", body: "written there", payload: {}, state: "sending", at: env.time };
  localStorage.setItem(`helpdesk.waiting.${inbox}.theirs`, JSON.stringify(theirs));
  env.time += 1;
  desk.say("written here");
  await env.pass(0);
  equal(env.socket.sent.slice(-2).map(({ body }) => body), ["written there", "written here"]);
  equal(desk.pending().map(({ body }) => body), ["hi", "written there", "written here"]);
});

test("of two tabs that open at the same time the second goes on with the chat of the first", async () => {
  const { desk, env, inbox, calls } = await setup();
  env.alone = async (name, fn) => {
    localStorage.setItem(`helpdesk.${inbox}.session`, JSON.stringify({ id: "s9", token: "t9" })); // while we waited
    return fn();
  };
  desk.say("hi");
  await env.pass(0);
  equal([desk.session.id, calls], ["s9", []]);
});

test("a chat that another tab leaves is left here, too; a new token is taken over", async () => {
  const { desk, inbox } = await talking();
  const tell = otherTab(inbox);
  tell("session", { id: "s1", token: "t2" });
  equal(desk.session.token, "t2");
  tell("session", null);
  equal([desk.session, desk.state.status], [null, "idle"]);
});

test("of a tab that is late nobody learns that the new chat is over", async () => {
  const { desk, env, inbox } = await talking();
  const key = `helpdesk.${inbox}.session`, next = JSON.stringify({ id: "s2", token: "t2" });
  localStorage.setItem(key, next); // the other tab has begun anew before this one hears that it left
  window.dispatchEvent(new StorageEvent("storage", { key, newValue: null }));
  equal([desk.session.id, localStorage.getItem(key)], ["s2", next]);
  equal([desk.pending().map(({ body, state }) => [body, state]), env.socket.sent], [[["hi", "failed"]], []]);
});

test("a chat whose token has expired takes no chat away from another tab", async () => {
  const { desk, env, inbox } = await talking();
  const key = `helpdesk.${inbox}.session`, next = JSON.stringify({ id: "s2", token: "t2" });
  localStorage.setItem(key, next);
  env.socket.die(4401);
  equal([desk.session, localStorage.getItem(key)], [null, next]);
});

test("an ended chat offers no second try that it would refuse; when it goes on, it does", async () => {
  const { desk, env } = await talking();
  const { ref } = env.socket.sent[1];
  env.socket.push({ type: "nack", ref, code: "session_closed", detail: "" });
  const tries = ["closed", "bot"].map((status) => {
    env.socket.push({ ...over, status });
    return desk.pending().map(({ body, final }) => [body, final]);
  });
  equal(tries, [[["hi", true]], [["hi", false]]]);
});

test("what an ended chat did not take is there in the next one", async () => {
  const { desk, env } = await talking();
  const { ref } = env.socket.sent[1];
  env.socket.push({ type: "nack", ref, code: "session_closed", detail: "" });
  env.socket.push({ type: "session", session: "s1", status: "closed", queue: null, agent: null, offer: null });
  desk.fresh();
  const [entry] = desk.pending();
  equal([entry.body, entry.state, entry.final], ["hi", "failed", false]);
  desk.resend(entry.ref);
  await env.pass(0);
  equal(desk.pending().map(({ body, state }) => [body, state]), [["hi", "sending"]]);
});

const photo = () => new File(["x"], "a.txt", { type: "text/plain" });
const over = { type: "session", session: "s1", status: "closed", queue: null, agent: null, offer: null };

/** A chat in which a file is uploaded: `finish()` lets the desk answer. */
async function uploading(options) {
  let finish;
  const world = await talking({ ...options, api: { upload: () => new Promise((resolve) => { finish = () => resolve({ id: "a1" }); }) } });
  const [, { ref }] = world.env.socket.sent;
  world.env.socket.push({ type: "ack", ref, session: "s1", seq: 1, at: "2026-11-03T09:00:00Z" });
  world.desk.uploads.add(photo());
  await settle();
  return { ...world, finish: async () => { finish(); await settle(); } };
}

test("a file whose chat is over or left when it has arrived waits to be sent again", async () => {
  for (const leave of [() => {}, (desk) => desk.fresh()]) {
    const { desk, env, finish } = await uploading();
    env.socket.push(over);
    leave(desk);
    await finish();
    equal(desk.pending().map(({ state, code, final }) => [state, code, final]), [["failed", "upload_failed", false]]);
  }
});

test("a file of the former customer arrives in nobody else's chat", async () => {
  const { desk, env, finish } = await uploading({ identity: signed("42") });
  desk.identify(signed("43"));
  desk.say("hello");
  await env.pass(0);
  await finish();
  equal(desk.pending().map(({ body }) => body), ["hello"]);
});

test("what was read in another tab is unread in none", async () => {
  const { desk, env, inbox } = await talking();
  env.socket.push(frame(1, "agent"));
  equal(desk.unread, 1);
  otherTab(inbox)("read", { session: "s1", seq: 1 });
  equal(desk.unread, 0);
});

test("a long chat that cannot be replayed shows its newest page, older lines come by scrolling", async () => {
  const pages = { undefined: [frame(4999, "bot"), frame(5000, "bot")], 4999: [frame(4997, "bot"), frame(4998, "bot")] };
  const { desk, env } = await talking({ api: { messages: async ({ before }) => ({ results: pages[before], has_more: true }) } });
  env.socket.push({ type: "reload", session: "s1" });
  await settle();
  desk.move("older");
  await settle();
  await settle();
  equal([desk.view.items(false).map(({ seq }) => seq), desk.view.hasOlder], [[4997, 4998, 4999, 5000], true]);
});

test("a new chat after the end is opened by the old token", async () => {
  const { desk, env, calls } = await talking();
  env.socket.push({ type: "session", session: "s1", status: "closed", queue: null, agent: null, offer: null });
  desk.fresh();
  equal(desk.state.status, "idle");
  desk.say("again");
  await env.pass(0);
  equal(calls.at(-1)[2], "t1");
});

test("what cannot be done is said in one word; a chat too old to reopen becomes a new one", async () => {
  const answers = [{ code: "unavailable" }, { code: "reopen_window_over" }];
  const { desk } = await setup({ api: { post: async () => { throw answers.shift(); } } });
  await desk.resume();
  equal(desk.problem, "not_done");
  await desk.resume();
  equal([desk.problem, desk.session], ["", null]);
});

test("what is asked for twice is asked once; meanwhile the desk is waited for", async () => {
  let answer;
  const { desk, calls } = await talking({ api: { post: () => { calls.push(["post"]); return new Promise((resolve) => { answer = resolve; }); } } });
  desk.human();
  await settle();
  desk.human();
  desk.end();
  await settle();
  equal([calls.filter(([name]) => name === "post").length, desk.busy], [1, true]);
  answer();
  await settle();
  equal(desk.busy, false);
});

test("an answer about a chat that was left changes nothing of the next one", async () => {
  const posts = [];
  const { desk, env } = await talking({ api: { post: () => new Promise((resolve, reject) => { posts.push({ resolve, reject }); }) } });
  desk.rate(5, "");
  desk.resume();
  desk.fresh();
  desk.say("again");
  await env.pass(0);
  posts[0].resolve();
  posts[1].reject({ code: "reopen_window_over" });
  await settle();
  equal([desk.session?.id, desk.state.rated, desk.problem], ["s1", false, ""]);
});

test("the hours are the queue's while waiting, else the inbox's", async () => {
  const { desk, env } = await talking();
  await settle();
  const away = { open: false, opens_at: "2026-11-04T00:00:00Z" };
  env.socket.push({ type: "session", session: "s1", status: "bot", hours: away });
  equal(desk.hours.open, true);
  env.socket.push({ type: "session", session: "s1", status: "queued", hours: away });
  equal(desk.hours.open, false);
});

test("page changes are told while a chat goes on", async () => {
  const { desk, calls } = await talking();
  desk.setPage({ source: "https://shop.example/a" });
  equal(calls.at(-1), ["post", "/page", { source: "https://shop.example/a" }]);
});

test("frames of another session are left alone", async () => {
  const { desk, env } = await talking();
  env.socket.push(frame(1, "agent", { session: "other" }));
  equal(desk.log.items(), []);
});


test("a customer who signs in during a chat takes it along, once", async () => {
  const { desk, calls } = await talking();
  desk.identify(signed("42"));
  await settle();
  desk.identify(signed("42"));
  await settle();
  equal(calls.filter(([name]) => name === "open").map(([, body]) => body.identity === signed("42")), [false, true]);
});

/** A desk whose opening waits: each `answer(id)` ends the oldest one. */
async function opening(options) {
  const waiting = [];
  const world = await setup({ ...options, api: { open: (body, token) => new Promise((resolve) => { waiting.push({ body, token, resolve }); }) } });
  const answer = async (session) => { waiting.shift().resolve({ session, token: `t-${session}` }); await settle(); await settle(); };
  return { ...world, waiting, answer };
}

test("who signs in while the chat opens takes it along", async () => {
  const { desk, env, waiting, answer } = await opening();
  desk.say("hi");
  await env.pass(0);
  desk.identify(signed("42"));
  await answer("s1");
  equal(waiting.map(({ body, token }) => [body.identity, token]), [[signed("42"), "t-s1"]]);
  await answer("s1");
  equal([desk.session.id, waiting.length, desk.pending().length], ["s1", 0, 1]);
});

test("a chat that opens for who has signed out meanwhile is not entered", async () => {
  const { desk, env, waiting, answer } = await opening({ identity: signed("42") });
  desk.say("of 42");
  await env.pass(0);
  desk.identify(signed("43"));
  await answer("s42");
  equal([desk.session, waiting[0].body.identity, desk.pending()], [null, signed("43"), []]);
  await answer("s43");
  equal([desk.session.id, desk.pending()], ["s43", []]);
});

test("what is said while a chat becomes a signed-in customer's goes to the one it becomes", async () => {
  const { desk, env, answer } = await opening();
  desk.say("hi");
  await env.pass(0);
  await answer("s1");
  env.socket.accept({ type: "welcome", v: 1, heartbeat: 25, sessions: [{ session: "s1", status: "bot", last_seq: 0 }] });
  const [, { ref }] = env.socket.sent;
  env.socket.push({ type: "ack", ref, session: "s1", seq: 1, at: "2026-11-03T09:00:00Z" });
  desk.identify(signed("42"));
  desk.say("me again");
  await env.pass(0);
  await answer("s7");
  env.socket.accept();
  equal(env.socket.sent.slice(1).map(({ body, session }) => [body, session]), [["me again", "s7"]]);
});

test("after signing out, or as somebody else, the former customer's chat is not found", async () => {
  for (const next of ["", signed("43")]) {
    const { inbox, desk } = await talking({ identity: signed("42") });
    desk.identify(next);
    equal(desk.session, null);
    equal((await setup({ inbox, identity: next })).desk.session, null);
  }
});

test("a tab of another customer shares its chat with nobody", async () => {
  const { inbox, desk, env, calls } = await talking({ identity: signed("42") });
  otherTab(inbox)("session", { id: "s43", token: "t43", owner: "43" });
  equal(desk.session, null);
  desk.say("me again");
  await env.pass(0);
  equal([desk.session.id, calls.length], ["s1", 2]);
  otherTab(inbox)("session", { id: "s43", token: "t43", owner: "43" });
  equal((await setup({ inbox, identity: signed("42") })).desk.session, null);
});

test("where the former customer is answered is told to nobody else, also when their message arrives late", async () => {
  let answer;
  const { desk } = await setup({ identity: signed("42"), api: { leaveMessage: () => new Promise((resolve) => { answer = resolve; }) } });
  const form = new FormData();
  form.set("email", "ann@example.com");
  const left = desk.leaveMessage(form);
  desk.identify(signed("43"));
  answer({});
  await left;
  equal(desk.contact, "");
});

test("what nobody has sent yet is forgotten, too, when somebody else signs in", async () => {
  const { inbox, desk } = await setup({ identity: signed("42") });
  localStorage.setItem(`helpdesk.${inbox}.message`, JSON.stringify({ body: "of 42" }));
  desk.identify(signed("43"));
  equal(localStorage.getItem(`helpdesk.${inbox}.message`), null);
});

test("the same customer goes on with the chat on the next page", async () => {
  const { inbox } = await talking({ identity: signed("42") });
  const { desk, calls } = await setup({ inbox, identity: signed("42") });
  equal([desk.session.id, calls], ["s1", []]);
});

test("what is offered instead of waiting follows the session frames, and the robot can be taken", async () => {
  const { desk, env, calls } = await talking();
  env.socket.push({ type: "session", session: "s1", status: "queued", offer: "bot", offers: ["ticket", "bot"] });
  equal(desk.state.offers, ["ticket", "bot"]);
  await desk.toBot();
  equal(calls.at(-1), ["post", "/bot"]);
  env.socket.push({ type: "session", session: "s1", status: "bot", offer: null, offers: [] });
  equal(desk.state.offers, []);
});
