import { troubleOf } from "../trouble.js";
import { equal, test } from "./harness.mjs";

const NOW = 1_000_000;
const kind = (news, online = true) => troubleOf(news, NOW, online);

test("nothing is wrong while it is online, or was closed by us", () => {
  equal([kind({ state: "online" }).kind, kind({ state: "closed" }).kind, kind({ state: "online" }, false).kind], ["", "", ""]);
});

test("a browser without network is another thing than a desk that cannot be reached", () => {
  const waiting = { state: "waiting", code: 1006, retryAt: NOW + 2_300 };
  equal([kind(waiting), kind(waiting, false)], [{ kind: "waiting", seconds: 3 }, { kind: "offline", seconds: 3 }]);
});

test("the seconds run down to none", () => {
  equal([NOW + 900, NOW, NOW - 50].map((retryAt) => kind({ state: "waiting", retryAt }).seconds), [1, 0, 0]);
});

test("a restart, a refusal, an attempt and a silence have their own words", () => {
  equal(kind({ state: "waiting", code: 1001, retryAt: NOW }).kind, "restarting");
  equal(kind({ state: "refused", code: 4401 }, false).kind, "refused");
  equal(kind({ state: "connecting" }), { kind: "connecting", seconds: 0 });
  equal(kind({ state: "online", stale: true }).kind, "stale");
});
