import { equal, test } from "../../chat/tests/harness.mjs";
import chinese from "../strings-things-zh-hans.js";
import dictionary from "../strings-things-en.js";
import { wordsFrom } from "../text.js";
import { openThing } from "../things.js";

const MONEY = { amount: "499.00", currency: "CNY" };
const order = { order_no: "LL1", status: "shipped", total: MONEY, items: [{ title: "Runner", qty: 2 }], parcels: [] };

/** What stands in a bubble once the card of `message` was drawn there. */
function drawn(message) {
  const place = document.createElement("span");
  const bubble = document.createElement("div");
  bubble.append(place);
  openThing(place, dictionary, { words: (words) => wordsFrom(words, "en"), message, parcel: async () => ({ events: [] }) });
  return bubble;
}

test("both languages have the same words", () => {
  equal(Object.keys(chinese).sort(), Object.keys(dictionary).sort());
});

test("a card of the desk stands in the bubble itself, under what was said along with it", () => {
  const bubble = drawn({ kind: "order_card", body: "It is on its way", payload: order });
  equal([...bubble.children].map(({ className }) => className), ["thing-said", "thing"]);
  equal(bubble.querySelector(".thing__state").textContent, "Shipped");
});

test("a body that only names the order is not said twice", () => {
  equal(drawn({ kind: "order_card", body: "LL1", payload: order }).querySelector(".thing-said"), null);
});

test("what somebody only named is a title, its words and a link that is safe", () => {
  const bubble = drawn({ kind: "article", body: "Returns", payload: { title: "Returns", text: "30 days", url: "/help" } });
  equal([bubble.textContent, bubble.querySelector("a").getAttribute("href")], ["Returns30 days", "/help"]);
  equal(drawn({ kind: "article", body: "x", payload: { url: "javascript:x" } }).querySelector("a"), null);
});
