import { equal, settle, test } from "../../chat/tests/harness.mjs";
import en from "../strings-en.js";
import { wordsFrom } from "../text.js";
import { Thread } from "../thread.js";

/** A thread 200 px high; `parts` collects the cards that wait for their part, each [place, resolve, reject]. */
function setup() {
  const [scroller, list, newer] = ["div", "div", "button"].map((name) => document.createElement(name));
  Object.assign(scroller.style, { height: "200px", overflow: "auto" });
  scroller.append(list);
  document.body.replaceChildren(scroller, newer);
  const parts = [];
  const part = (name, place) => new Promise((resolve, reject) => { parts.push([place, resolve, reject]); });
  const thread = new Thread({ list, scroller, newer, t: wordsFrom(en, "en"), previews: new Map(), part, onLook: () => {} });
  return { thread, list, scroller, parts };
}

const turn = (seq, message = {}) => ({
  key: `r${seq}`, type: "turn", side: "other", first: true, last: true, state: "", showState: false, at: "2026-11-03T09:00:00Z",
  message: { ref: `r${seq}`, kind: "text", body: `line ${seq}`, payload: {}, sender: { kind: "bot", name: "" }, at: "2026-11-03T09:00:00Z", ...message },
});
const card = (seq) => turn(seq, { kind: "order_card", body: `LL${seq}` });
const tall = (place) => () => {
  const node = document.createElement("div");
  node.style.height = "300px";
  place.replaceWith(node);
};

test("a card's words stand there until its part is loaded", () => {
  const { thread, list, parts } = setup();
  thread.render([card(1)], {});
  equal(list.querySelector(".bubble").textContent, "LL1");
  thread.keep(() => parts[0][0].replaceWith("drawn"));
  equal(list.querySelector(".bubble").textContent, "drawn");
});

test("a card whose part could not be loaded is tried again with the next change, a drawn one is left alone", async () => {
  const { thread, parts } = setup();
  thread.render([card(1), card(2)], {});
  parts[0][2](new Error("away"));
  parts[1][1]();
  await settle();
  thread.render([card(1), card(2)], {});
  equal(parts.length, 3);
});

test("a message that was withdrawn meanwhile stays withdrawn", () => {
  const { thread, list, parts } = setup();
  thread.render([card(1)], {});
  thread.render([turn(1, { kind: "order_card", recalled: true })], {});
  thread.keep(() => parts[0][0].replaceWith("drawn"));
  equal(list.querySelector(".bubble").textContent, en.recalled);
});

test("who reads the newest goes on reading it when a card grows", () => {
  const { thread, scroller, parts } = setup();
  thread.render([card(1), ...Array.from({ length: 20 }, (_, index) => turn(index + 2))], {});
  thread.keep(tall(parts[0][0]));
  equal(Math.round(scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight), 0);
});

test("who reads elsewhere keeps the place", async () => {
  const { thread, list, scroller, parts } = setup();
  thread.render([card(1), ...Array.from({ length: 40 }, (_, index) => turn(index + 2))], {});
  scroller.scrollTop = 300;
  await new Promise((resolve) => { setTimeout(resolve, 60); });
  const top = () => Math.round(list.children[20].getBoundingClientRect().top);
  const before = top();
  thread.keep(tall(parts[0][0]));
  await new Promise((resolve) => { setTimeout(resolve, 60); });
  equal([thread.atBottom, top()], [false, before]);
});
