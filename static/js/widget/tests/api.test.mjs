import { equal, test } from "../../chat/tests/harness.mjs";
import { VisitorApi } from "../api.js";

/** What `call(api)` rejects with when the desk never answers. */
async function silence(call) {
  const { fetch } = window;
  window.fetch = (url, { signal }) => new Promise((_, reject) => { signal?.addEventListener("abort", () => reject(signal.reason)); });
  try {
    const over = new Promise((resolve) => { setTimeout(() => resolve("still waiting"), 300); });
    return await Promise.race([call(Object.assign(new VisitorApi(), { patience: 20 })).catch(({ status, code }) => [status, code]), over]);
  } finally {
    window.fetch = fetch;
  }
}

test("a desk that does not answer is away after a while", async () => {
  equal(await silence((api) => api.open({}, "t")), [0, "unavailable"]);
});

test("a form with files may take as long as it takes", async () => {
  equal(await silence((api) => api.leaveMessage(new FormData(), "t")), "still waiting");
});
