import en from "../strings-en.js";
import zh from "../strings-zh-hans.js";
import { dayName, eta, fileSize, linkParts, opening, wordsFrom } from "../text.js";
import { equal, ok, test } from "../../chat/tests/harness.mjs";

const t = wordsFrom(en, "en");
const now = new Date(2026, 10, 3, 22, 0);

test("both dictionaries have the same words and the same holes", () => {
  equal(Object.keys(zh).sort(), Object.keys(en).sort());
  const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(en)) equal(holes(zh[key]), holes(en[key]), key);
});

test("words are filled in, unknown ones shown as they are", () => {
  equal(t("event_assigned", { name: "Mei" }), "Mei joined the chat");
  equal([t("nonsense"), t.has("nonsense"), t.has("send")], ["nonsense", false, true]);
});

test("addresses become links, the full stop after them does not", () => {
  equal(linkParts("See https://a.example/x?y=1. Thanks"), [
    { text: "See " }, { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" }, { text: ". Thanks" },
  ]);
});

test("Chinese punctuation ends an address", () => {
  equal(linkParts("请看 https://a.example/help。谢谢")[1].href, "https://a.example/help");
});

test("other schemes stay text", () => {
  ok(linkParts("javascript:alert(1) data:text/html,x").every(({ href }) => !href));
});

test("opening times are said as people say them", () => {
  equal(opening(new Date(2026, 10, 4, 8, 0), now, t), "tomorrow at 8:00 AM");
  ok(opening(new Date(2026, 10, 7, 8, 0), now, t).startsWith("Sat"));
});

test("days have names near today", () => {
  equal([dayName(now, now, t), dayName(new Date(2026, 10, 2), now, t), dayName(new Date(2026, 9, 2), now, t)], ["Today", "Yesterday", "Fri, Oct 2"]);
});

test("waits are rounded to what a person would say", () => {
  equal([eta(10, 40, t), eta(60, 170, t), eta(120, 120, t), eta(null, null, t)], ["less than a minute", "about 1–3 min", "about 2 min", ""]);
});

test("sizes are short", () => {
  equal([fileSize(12), fileSize(20_480), fileSize(10 * 1024 * 1024)], ["1 kB", "20 kB", "10 MB"]);
});
