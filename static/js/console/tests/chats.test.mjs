// static/js/console/tests/chats.test.mjs – sections, order, waiting and unread numbers of the list.
import { Chats, compare, sectionOf, slaOf } from "../chats.js";
import { equal, ok, settle, test } from "../../chat/tests/harness.mjs";

const ME = 7;
const row = (id, fields = {}) => ({ id, status: "active", agent: { id: ME, name: "Mei" }, customer: { presence: "online" }, last_seq: 0, opened_at: "2026-11-22T10:00:00Z", ...fields });
const message = (seq, fields = {}) => ({ session: "a", seq, kind: "text", body: "hello", sender: { kind: "customer", name: "Ann" }, at: "2026-11-22T10:05:00Z", ...fields });

test("each chat stands in one section", () => {
  equal(sectionOf(row("a"), ME), "mine");
  equal(sectionOf(row("a", { status: "wrap_up" }), ME), "mine");
  equal(sectionOf(row("a", { status: "queued", agent: null }), ME), "waiting");
  equal(sectionOf(row("a", { agent: { id: 8 } }), ME), "online");
  equal(sectionOf(row("a", { status: "bot", agent: null, customer: { presence: "gone" } }), ME), "gone");
  equal(sectionOf(row("a", { status: "closed" }), ME), null);
});

test("my chats stand in the order I took them, whatever is said in them", () => {
  const early = row("a", { accepted_at: "2026-11-22T10:00:00Z", last_message: { at: "2026-11-22T10:01:00Z" } });
  const late = row("b", { accepted_at: "2026-11-22T10:02:00Z", last_message: { at: "2026-11-22T10:09:00Z" } });
  equal([late, early].sort(compare("mine")).map(({ id }) => id), ["a", "b"]);
  equal([early, late].sort(compare("online")).map(({ id }) => id), ["b", "a"]);
});

test("who waits longest stands first", () => {
  const rows = [row("a", { waiting_since: "2026-11-22T10:02:00Z" }), row("b", { waiting_since: "2026-11-22T10:01:00Z" })];
  equal(rows.sort(compare("waiting")).map(({ id }) => id), ["b", "a"]);
});

test("waiting turns to warn at half of the target and to breach at all of it", () => {
  const since = "2026-11-22T10:00:00Z", at = (seconds) => new Date(since).getTime() + seconds * 1000;
  const waiting = row("a", { waiting_since: since });
  equal([44, 45, 89, 90].map((seconds) => slaOf(waiting, at(seconds), 90)), ["ok", "warn", "warn", "breach"]);
  equal(slaOf({ ...waiting, status: "bot" }, at(900), 90), "ok");
  equal(slaOf({ ...waiting, waiting_since: null }, at(900), 90), "ok");
});

test("a customer's message counts as unread unless it is being read", () => {
  const chats = new Chats(ME);
  chats.merge(row("a"));
  chats.heard(message(1), { read: false });
  chats.heard(message(2), { read: false });
  equal([chats.get("a").unread, chats.get("a").waiting_since], [2, "2026-11-22T10:05:00Z"]);
  chats.heard(message(3), { read: true });
  equal(chats.get("a").unread, 0);
});

test("the same message twice changes nothing", () => {
  const chats = new Chats(ME);
  chats.merge(row("a"));
  chats.heard(message(1), { read: false });
  chats.heard(message(1), { read: false });
  equal(chats.get("a").unread, 1);
});

test("an answer ends the waiting; a note and a system line do not", () => {
  const chats = new Chats(ME);
  chats.merge(row("a", { waiting_since: "2026-11-22T10:00:00Z", unread: 2 }));
  chats.heard(message(1, { kind: "note", sender: { kind: "agent", name: "Mei" } }), {});
  chats.heard(message(2, { kind: "event", sender: { kind: "system", name: "" } }), {});
  equal(chats.get("a").waiting_since, "2026-11-22T10:00:00Z");
  chats.heard(message(3, { sender: { kind: "agent", name: "Mei" } }), {});
  equal([chats.get("a").waiting_since, chats.get("a").unread], [null, 0]);
});

test("a full answer of the server removes what it no longer names, in those sections only", () => {
  const chats = new Chats(ME);
  chats.merge(row("a"));
  chats.merge(row("b"));
  chats.merge(row("w", { status: "queued", agent: null }));
  chats.merge(row("open"));
  chats.replace(["mine"], [row("a", { unread: 4 })], new Set(["open"]));
  equal(chats.all().map(({ id }) => id), ["a", "w", "open"]);
  equal(chats.get("a").unread, 4);
});

test("an answer of the server that is older than the last line heard does not take it back", () => {
  const chats = new Chats(ME);
  chats.merge(row("a", { last_seq: 2, unread: 0, last_message: null, waiting_since: null }));
  chats.heard(message(3), { read: false });
  chats.replace(["mine"], [row("a", { last_seq: 2, unread: 0, last_message: null, waiting_since: null, product_category: "shoes" })]);
  const { last_seq, unread, last_message, waiting_since, product_category } = chats.get("a");
  equal([last_seq, unread, last_message.preview, waiting_since, product_category], [3, 1, "hello", "2026-11-22T10:05:00Z", "shoes"]);
  chats.replace(["mine"], [row("a", { last_seq: 3, unread: 0 })]);
  equal(chats.get("a").unread, 0);
});

test("a session frame changes the fields it has and keeps the others", () => {
  const chats = new Chats(ME);
  chats.merge(row("a", { unread: 3 }));
  chats.merge({ type: "session", session: "a", status: "closed" });
  equal([chats.get("a").status, chats.get("a").unread, chats.get("a").type], ["closed", 3, undefined]);
});

test("listeners are told once for many changes", async () => {
  const chats = new Chats(ME), told = [];
  chats.onChange((ids) => told.push([...ids]));
  for (const id of ["a", "b", "c"]) chats.merge(row(id));
  await settle();
  equal(told, [["a", "b", "c"]]);
  ok(chats.isMine(chats.get("a")));
});
