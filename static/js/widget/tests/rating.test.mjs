import { equal, settle, test } from "../../chat/tests/harness.mjs";
import { openRating } from "../rating.js";
import chinese from "../strings-rating-zh-hans.js";
import dictionary from "../strings-rating-en.js";
import { wordsFrom } from "../text.js";

function setup(rate) {
  const place = document.createElement("section");
  document.body.replaceChildren(place);
  openRating(place, dictionary, { words: (words) => wordsFrom(words, "en"), rate });
  return document.querySelector("form");
}

async function send(form) {
  form.querySelector("[value='4']").checked = true;
  form.querySelector("textarea").value = " Fine ";
  form.requestSubmit();
  await settle();
}

test("both languages have the same words", () => {
  equal(Object.keys(chinese).sort(), Object.keys(dictionary).sort());
});

test("the score and the trimmed comment are sent", async () => {
  const sent = [];
  await send(setup(async (...rating) => { sent.push(rating); }));
  equal(sent, [[4, "Fine"]]);
});

test("a rating that got lost is said, and can be sent again", async () => {
  const form = setup(async () => { throw new Error("away"); });
  await send(form);
  equal([form.querySelector("[role=alert]").textContent, form.querySelector("button").disabled], [dictionary.failed, false]);
});

test("while it is sent it cannot be changed or sent again, and no older trouble is told", async () => {
  const answers = [];
  const form = setup(() => new Promise((resolve, reject) => { answers.push({ resolve, reject }); }));
  await send(form);
  answers[0].reject(new Error("away"));
  await settle();
  await send(form);
  form.requestSubmit();
  equal([form.querySelector("textarea").disabled, form.querySelector("[role=alert]").textContent, answers.length], [true, "", 2]);
});
