import { equal, test } from "../../chat/tests/harness.mjs";
import { Screen } from "../screen.js";
import en from "../strings-en.js";
import { wordsFrom } from "../text.js";

/** A screen out of hours; `cards` are the names of the cards that it has built, with their options. */
function setup() {
  const parts = new Proxy({}, { get: (all, name) => (all[name] ??= document.createElement("button")) });
  const desk = {
    state: { status: "bot" }, hours: { open: false }, config: {}, news: { state: "closed" }, typing: {}, session: null, log: null, view: null,
    pending: () => [], leaveMessage: async () => ({ ticket: "T-1", url: "/t/" }),
  };
  const cards = [];
  const part = async (name, place, options) => { cards.push([name, options]); };
  const screen = new Screen(desk, parts, wordsFrom(en, "en"), { say: () => {}, newChat: () => {}, part, draft: {} });
  screen.render();
  return { parts, desk, cards, screen, names: () => cards.map(([name]) => name) };
}

test("a form that is being filled in stays when the chat ends; then comes the rating", async () => {
  const { parts, desk, cards, screen, names } = setup();
  parts.leave.click();
  desk.state = { status: "closed", survey: { token: "x", scale: 5 } };
  screen.render();
  equal(names(), ["message"]);
  await cards[0][1].send(new FormData());
  screen.render();
  equal(names(), ["message", "rating"]);
});
