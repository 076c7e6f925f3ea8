// static/js/console/tests/words.test.mjs – how times, names and states are worded.
import { bannerText } from "../banner.js";
import { inLanguage, fillNames, slashAt } from "../canned.js";
import { score } from "../commands.js";
import { composeState, guardState } from "../compose-state.js";
import { closeReason, eventText } from "../events.js";
import { dayLabel, dayStart, fileSize, hue, initials, listTime, moment, span } from "../format.js";
import { equal, ok, test } from "../../chat/tests/harness.mjs";

const reader = { locale: "en", zone: "UTC" };
const NOW = Date.parse("2026-11-22T12:00:00Z");
const before = (seconds) => new Date(NOW - seconds * 1000).toISOString();

test("times of the list are short", () => {
  equal([5, 65, 3 * 3600, 3 * 86400].map((age) => listTime(before(age), reader, NOW)), ["now", "1 min", "09:00", "Nov 19"]);
});

test("moments are relative under a day and absolute beyond", () => {
  equal(moment(before(61), reader, NOW), "1 minute ago");
  equal(moment(before(7300), reader, NOW), "2 hours ago");
  ok(moment(before(90_000), reader, NOW).includes("2026"), "absolute");
  equal(moment(before(-61), reader, NOW), "in 1 minute");
  equal(moment(before(-7300), reader, NOW), "in 2 hours");
  equal(moment(before(-20), reader, NOW), "just now");
  ok(moment(before(-90_000), reader, NOW).includes("2026"), "absolute ahead");
});

test("days are today, yesterday or named", () => {
  equal([0, 86400, 3 * 86400].map((age) => dayLabel(before(age), reader, NOW)), ["Today", "Yesterday", "Thursday, November 19"]);
});

test("spans tick in minutes, then in hours", () => {
  equal([0, 42_000, 725_000, 3_780_000].map(span), ["0:00", "0:42", "12:05", "1 h 03"]);
});

test("sizes and initials", () => {
  equal([840, 12_345, 3_400_000].map(fileSize), ["840 B", "12 kB", "3.4 MB"]);
  equal(["Ann Lee", "ann", "李小明", ""].map(initials), ["AL", "A", "李", "?"]);
});

test("the tint is the CRC-32 that the server's templates use", () => {
  equal([hue("abc"), hue("")], [0x352441c2 % 6, 0]);
});

test("system lines are worded by their name, unknown ones as the server says", () => {
  equal(eventText({ body: "x", payload: { event: "assigned", agent: "Mei" } }), "Mei took the chat");
  equal(eventText({ body: "x", payload: { event: "closed", reason: "spam" } }), "Chat ended: spam");
  equal(eventText({ body: "x", payload: { event: "refund", state: "succeeded", amount: "¥9.00" } }), "¥9.00 refunded");
  equal(eventText({ body: "Something new.", payload: { event: "unheard_of" } }), "Something new.");
  equal(closeReason("unheard_of"), "unheard_of");
});

test("a slash at the start or after a space opens canned replies", () => {
  equal(slashAt("/shi", 4), { start: 0, query: "shi" });
  equal(slashAt("Hello /re", 9), { start: 6, query: "re" });
  equal([slashAt("and/or", 6), slashAt("/a b", 4), slashAt("http://x", 8)], [null, null, null]);
});

test("names are filled into canned texts, other braces stay", () => {
  equal(fillNames("Hi {{customer.name}}, {{ agent }} here {{x}}", { customer: "Ann", agent: "Mei" }), "Hi Ann, Mei here {{x}}");
});

test("canned replies in the customer's language come first", () => {
  const items = [{ lang: "en" }, { lang: "zh-hans" }];
  equal(inLanguage(items, "zh-CN").map(({ lang }) => lang), ["zh-hans", "en"]);
});

test("commands match by start, word, part, then letters in order", () => {
  equal(["End this chat", "Chat end", "Pretend", "Edit now dear", "Reply"].map((text) => score(text, "end")), [4, 3, 2, 1, 0]);
});

const actions = new Set(["chat:SendMessage", "chat:WriteNote"]);
const row = (status) => ({ status, customer: { name: "Ann" }, agent: { name: "Li" } });

test("writing is possible in own active chats, and else says why not", () => {
  ok(composeState(row("active"), { mode: "reply", mine: true, actions }).enabled);
  for (const [status, mine] of [["active", false], ["queued", false], ["bot", false], ["wrap_up", true], ["closed", true]]) {
    const state = composeState(row(status), { mode: "reply", mine, actions });
    ok(!state.enabled && state.why, status);
  }
});

test("notes are possible until the chat is closed, for those who may", () => {
  ok(composeState(row("bot"), { mode: "note", mine: false, actions }).enabled);
  ok(!composeState(row("closed"), { mode: "note", mine: true, actions }).enabled);
  ok(!composeState(row("active"), { mode: "note", mine: true, actions: new Set() }).enabled);
});

test("new lines are told; unseen ones and a colleague's ask before sending", () => {
  equal(guardState({ customer: 0, colleagues: 0 }, { seen: true }), { block: false, text: "" });
  equal(guardState({ customer: 2, colleagues: 0 }, { seen: true }), { block: false, text: "2 new messages since you began" });
  ok(guardState({ customer: 1, colleagues: 0 }, { seen: false }).block);
  ok(guardState({ customer: 0, colleagues: 1 }, { seen: true }).block);
});

test("a day begins at midnight of the reader's zone, also where clocks change", () => {
  const start = (day, zone) => dayStart(day, { zone }).toISOString();
  equal(start("2026-11-22", "Asia/Shanghai"), "2026-11-21T16:00:00.000Z");
  equal(start("2026-11-22", "UTC"), "2026-11-22T00:00:00.000Z");
  equal([start("2026-03-29", "Europe/Berlin"), start("2026-03-30", "Europe/Berlin")], ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
});

test("the banner speaks only of trouble", () => {
  equal(bannerText({ kind: "" }), "");
  const texts = ["waiting", "connecting", "offline", "restarting", "stale"].map((kind) => bannerText({ kind }));
  equal(new Set(texts).size, 5);
  ok(texts[2].startsWith("You are offline"));
  ok(bannerText({ kind: "refused" }, 4401).startsWith("You were signed out"));
  ok(bannerText({ kind: "refused" }, 4403).startsWith("The desk refused"));
});
