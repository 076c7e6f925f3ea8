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
  const parts = [], asked = [];
  const part = (name, place) => new Promise((resolve, reject) => { parts.push([place, resolve, reject]); });
  const thread = new Thread({ list, scroller, newer, t: wordsFrom(en, "en"), previews: new Map(), part, onLook: () => {}, newest: () => {}, more: (where) => asked.push(where) });
  return { thread, list, scroller, newer, parts, asked };
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

const many = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => turn(from + index));
const topOf = (list, text) => Math.round([...list.children].find((node) => node.textContent.includes(text)).getBoundingClientRect().top);

test("older lines above and fewer below leave the reader's line where it is", async () => {
  const { thread, list, scroller } = setup();
  const view = { hasOlder: true, hasNewer: false };
  const day = { key: "day-1", type: "day", at: "2026-11-03T09:00:00Z" };
  thread.render([day, ...many(100, 160)], {}, view);
  scroller.scrollTop = 0;
  await new Promise(requestAnimationFrame);
  const before = topOf(list, "line 100");
  view.hasNewer = true;
  thread.render([day, ...many(50, 149)], {}, view);
  equal([topOf(list, "line 100"), thread.atBottom], [before, false]);
});

test("a file that is on its way can be deleted, at any percent", () => {
  const { thread, list } = setup();
  const upload = (progress) => ({ ...turn(1, { kind: "file", progress }), side: "own", state: "uploading", showState: true });
  thread.render([upload(0)], {});
  const button = list.querySelector("button");
  thread.render([upload(0.37)], {});
  equal([button?.textContent, button?.isConnected, list.querySelector(".turn__meta").textContent.includes("37 %")], [en.remove, true, true]);
});

test("near an edge more is asked for, at the true end nothing", async () => {
  const { scroller, thread, asked } = setup();
  const view = { hasOlder: true, hasNewer: true };
  thread.render(many(1, 100), {}, view);
  scroller.scrollTop = 100;
  scroller.dispatchEvent(new Event("scroll"));
  scroller.scrollTop = scroller.scrollHeight;
  scroller.dispatchEvent(new Event("scroll"));
  view.hasNewer = false;
  scroller.dispatchEvent(new Event("scroll"));
  equal([asked, thread.atBottom], [["older", "newer"], true]);
});

test("the way to the newest is offered further up and when others wrote", () => {
  const { scroller, thread, newer } = setup();
  thread.render(many(1, 20), {});
  const up = (px) => { scroller.scrollTop = scroller.scrollHeight - scroller.clientHeight - px; scroller.dispatchEvent(new Event("scroll")); };
  up(100);
  equal(newer.hidden, true);
  thread.render(many(1, 21), {});
  equal(newer.hidden, false);
  up(0);
  equal(newer.hidden, true);
});

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
