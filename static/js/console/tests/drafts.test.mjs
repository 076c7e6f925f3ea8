// static/js/console/tests/drafts.test.mjs – drafts are kept per agent, chat and mode.
import { Drafts } from "../drafts.js";
import { equal, ok, test } from "../../chat/tests/harness.mjs";

const DAY = 24 * 3600_000;

test("a reply and a note of one chat are two drafts", () => {
  const drafts = new Drafts(1, new Map());
  drafts.put("a", "reply", { text: "Hello", since: 4 });
  drafts.put("a", "note", { text: "Careful", since: null });
  equal([drafts.get("a", "reply").text, drafts.get("a", "note").text, drafts.get("a", "reply").since], ["Hello", "Careful", 4]);
  equal(drafts.get("b", "reply").text, "");
});

test("two agents at one browser never see each other's drafts", () => {
  const storage = new Map();
  new Drafts(1, storage).put("a", "reply", { text: "Mine", since: 1 });
  equal(new Drafts(2, storage).get("a", "reply").text, "");
  equal(new Drafts(1, storage).get("a", "reply").text, "Mine");
});

test("an emptied draft is no draft", () => {
  const drafts = new Drafts(1, new Map());
  drafts.put("a", "reply", { text: "Hello", since: 1 });
  ok(drafts.has("a"));
  drafts.put("a", "reply", { text: "  ", since: 1 });
  ok(!drafts.has("a"));
});

test("drafts of two weeks ago are forgotten at start", () => {
  const storage = new Map();
  new Drafts(1, storage, () => 0).put("a", "reply", { text: "Old", since: 1 });
  new Drafts(1, storage, () => 13 * DAY).put("b", "reply", { text: "Young", since: 1 });
  const drafts = new Drafts(1, storage, () => 15 * DAY);
  equal([drafts.has("a"), drafts.has("b")], [false, true]);
});
