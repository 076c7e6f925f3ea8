import { isThing, thing } from "../things.js";
import { equal, test } from "./harness.mjs";

const words = (key, { count } = {}) => (count ? `${key} ${count}` : key);
const options = { words, locale: "en", when: () => "9:00" };
const MONEY = { amount: "499.00", currency: "CNY" };
const parcel = { id: 7, carrier: "SF Express", tracking_no: "SF1", status: "exception", last_text: "Damaged", last_location: "", last_event_at: "2026-11-22T01:00:00Z" };
const card = { order_no: "LL1", status: "shipped", total: MONEY, items: [{ title: "Runner", qty: 2, image_url: "/static/a.svg" }], more: 1, parcels: [parcel] };
const text = (frame, extra = {}) => thing(frame, { ...options, ...extra })[0];

test("what a shopper typed into a payload is no card", () => {
  equal(isThing({ kind: "order_card", payload: { order_no: "LL1" } }), false);
  equal(isThing({ kind: "product_card", payload: { price: "¥1" } }), false);
  equal(isThing({ kind: "text", payload: { price: MONEY } }), false);
});

test("what the server filled in is one", () => {
  equal(isThing({ kind: "order_card", payload: card }), true);
  equal(isThing({ kind: "product_card", payload: { price: MONEY } }), true);
});

test("an order shows its state, articles, parcel and sum", () => {
  const node = text({ kind: "order_card", payload: card });
  equal(node.querySelector(".thing__no").textContent, "LL1");
  equal([...node.querySelectorAll(".thing__state")].map(({ textContent }) => textContent), ["order_shipped", "parcel_exception"]);
  equal(node.querySelector(".thing__item").textContent, "Runner× 2");
  equal(node.querySelector("[data-parcel]").dataset.parcel, "7");
  equal(node.querySelector("[data-parcel] .thing__quiet").textContent, "Damaged · 9:00");
  equal(node.querySelector(".thing__foot").textContent, "total¥499.00");
});

test("an order leads to its page where there is one", () => {
  const node = text({ kind: "order_card", payload: card }, { orderUrl: (number) => `/console/orders/${number}/` });
  equal(node.querySelector("a").getAttribute("href"), "/console/orders/LL1/");
});

test("trouble with a parcel is red", () => {
  const tones = [...text({ kind: "order_card", payload: card }).querySelectorAll(".thing__state")].map(({ dataset }) => dataset.tone);
  equal(tones, ["accent", "red"]);
});

test("a product shows its picture, name and price, and leads to the shop", () => {
  const node = text({ kind: "product_card", payload: { title: "<b>Runner</b>", text: "Light", price: MONEY, image_url: "/static/a.svg", url: "/shop/SH-101/" } });
  equal(node.querySelector(".thing__name").textContent, "<b>Runner</b>");
  equal(node.querySelector("img").getAttribute("src"), "/static/a.svg");
  equal(node.querySelector("a").getAttribute("href"), "/shop/SH-101/");
});

test("addresses of scripts and pictures of strangers are left out", () => {
  const node = text({ kind: "product_card", payload: { title: "x", price: MONEY, image_url: "https://spy.example/a.png", url: "javascript:alert(1)" } });
  equal(node.querySelectorAll("img, a").length, 0);
});

test("an unknown currency is written out", () => {
  const node = text({ kind: "product_card", payload: { title: "x", price: { amount: "1", currency: "points" } } });
  equal(node.querySelector("b").textContent, "1 points");
});
