import { FakeEnv, equal, test } from "../../chat/tests/harness.mjs";
import { Typing } from "../typing.js";

function setup() {
  const env = new FakeEnv();
  const sent = [];
  const typing = new Typing({ send: (news) => sent.push(news.on ? news.preview : "off"), onChange: () => {} }, env);
  return { env, sent, typing };
}

test("keystrokes are told at most every two seconds, the last one too", async () => {
  const { env, sent, typing } = setup();
  for (const words of ["h", "he", "hel"]) {
    typing.typed(words);
    await env.pass(100);
  }
  await env.pass(2_000);
  equal(sent, ["h", "hel"]);
});

test("sending ends it, and an emptied field does", async () => {
  const { env, sent, typing } = setup();
  typing.typed("hi");
  typing.stop();
  typing.typed("x");
  typing.typed("");
  await env.pass(2_000);
  equal(sent, ["hi", "off", "x", "off"]);
});

test("the other side's typing counts for six seconds", async () => {
  const { env, typing } = setup();
  typing.heard({ on: true, name: "Mei" });
  equal(typing.other, { name: "Mei" });
  await env.pass(6_000);
  equal(typing.other, null);
});
