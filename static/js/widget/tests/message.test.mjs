import { equal, test } from "../../chat/tests/harness.mjs";
import { faultOf, openMessage } from "../message.js";
import chinese from "../strings-message-zh-hans.js";
import dictionary from "../strings-message-en.js";
import { wordsFrom } from "../text.js";

/** The form on an empty place, filled with `values`; `sent` collects what leaves it. */
function formWith(values = {}, send = async () => ({ ticket: "T-1001", url: "/t/x/" })) {
  const place = document.createElement("section");
  document.body.replaceChildren(place);
  const kept = { value: null };
  const sent = [];
  const draft = { get: () => kept.value ?? {}, set: (value) => { kept.value = value; } };
  const options = { words: (words) => wordsFrom(words, "en"), limits: { max_bytes: 10, types: ["text/plain"] }, email: "", draft, back: () => {}, send: (data) => { sent.push(data); return send(data); } };
  openMessage(place, dictionary, options);
  for (const [name, value] of Object.entries(values)) {
    const field = place.querySelector(`[name=${name}]`);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return { place, kept, sent, options, form: place.querySelector("form") };
}

const submit = async ({ form }) => { form.requestSubmit(); await new Promise((resolve) => { setTimeout(resolve, 0); }); };
const whole = { email: "mei@shop.example", body: "Where is it?" };

test("both languages have the same words", () => {
  equal(Object.keys(chinese).sort(), Object.keys(dictionary).sort());
});

test("the first field that cannot be sent is named", () => {
  equal(faultOf(formWith().form, {}), { name: "email", word: "email_invalid" });
  equal(faultOf(formWith({ email: "x" }).form, {}), { name: "email", word: "email_invalid" });
  equal(faultOf(formWith({ email: whole.email, body: " " }).form, {}), { name: "body", word: "body_missing" });
  equal(faultOf(formWith(whole).form, {}), null);
});

test("what cannot be sent stays and says why", async () => {
  const one = formWith({ email: "x", body: "Hi" });
  await submit(one);
  equal(one.sent.length, 0);
  equal(one.form.querySelector("[role=alert]").textContent, dictionary.email_invalid);
  equal(one.form.elements.email.getAttribute("aria-invalid"), "true");
});

test("what was sent is thanked for with its number, and forgotten", async () => {
  const one = formWith(whole);
  await submit(one);
  equal(one.sent[0].get("body"), whole.body);
  equal(one.place.textContent.includes("T-1001"), true);
  equal(one.place.querySelector("a").getAttribute("href"), "/t/x/");
  equal(one.kept.value, null);
});

test("a refusal keeps the text, and the second try has the same ref", async () => {
  const one = formWith(whole, async () => { throw Object.assign(new Error("no"), { code: "rate_limited" }); });
  await submit(one);
  equal(one.form.querySelector("[role=alert]").textContent, dictionary.rate_limited);
  await submit(one);
  equal(one.sent.length, 2);
  equal(one.sent[0].get("ref"), one.sent[1].get("ref"));
});

test("while it is sent nothing of it can be changed, and it says so", async () => {
  let fail;
  const one = formWith(whole, () => new Promise((_, reject) => { fail = reject; }));
  await submit(one);
  const [button, body] = [one.form.querySelector(".button--primary"), one.form.elements.body];
  equal([button.textContent, [...one.form.elements].every(({ disabled }) => disabled)], [dictionary.sending, true]);
  fail(new Error("away"));
  await new Promise((resolve) => { setTimeout(resolve, 0); });
  equal([button.textContent, [...one.form.elements].some(({ disabled }) => disabled), body.value], [dictionary.send, false, whole.body]);
});

test("a text changed after it was stored unseen is sent under another ref", async () => {
  const one = formWith(whole, async () => { throw Object.assign(new Error("no"), { code: "conflict" }); });
  await submit(one);
  await submit(one);
  const [first, second] = one.sent.map((data) => data.get("ref"));
  equal([first === second, one.kept.value.ref === second, one.kept.value.body], [false, false, whole.body]);
});

test("what was typed is there when the form opens again", () => {
  const one = formWith(whole);
  openMessage(one.place, dictionary, one.options);
  equal(one.place.querySelector("[name=body]").value, whole.body);
});
