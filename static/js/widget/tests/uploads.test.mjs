import { equal, settle, test } from "../../chat/tests/harness.mjs";
import { Uploads } from "../uploads.js";

const file = (type = "text/plain", size = 10) => Object.defineProperty(new File(["x"], "a.txt", { type }), "size", { value: size });

function setup(answer = async () => ({ id: "att-1" }), memory = new Map()) {
  const done = [];
  const uploads = new Uploads({
    upload: (_, onProgress) => { onProgress(0.5); return answer(); },
    limits: () => ({ max_bytes: 100, types: ["text/plain", "image/png"] }),
    onDone: ({ kind }, { id }) => done.push([kind, id]),
    onChange: () => {},
    memory,
  });
  const states = () => uploads.entries().map(({ state, code, final = false }) => [state, code, final]);
  return { uploads, done, states };
}

test("a finished upload becomes a message and leaves the list", async () => {
  const { uploads, done, states } = setup();
  await uploads.add(file());
  equal([done, states()], [[["file", "att-1"]], []]);
});

test("progress is shown while it runs", () => {
  const { uploads, states } = setup(() => new Promise(() => {}));
  uploads.add(file());
  equal([states(), uploads.entries()[0].progress], [[["uploading", null, false]], 0.5]);
});

test("too large and unwanted files are refused before they travel, for good", async () => {
  const { uploads, done, states } = setup();
  await uploads.add(file("text/plain", 101));
  await uploads.add(file("application/zip"));
  equal([done, states()], [[], [["failed", "upload_too_large", true], ["failed", "upload_refused", true]]]);
});

test("a broken upload can be tried again", async () => {
  let broken = true;
  const { uploads, done, states } = setup(async () => { if (broken) throw { code: "unavailable" }; return { id: "att-2" }; });
  await uploads.add(file());
  equal(states(), [["failed", "upload_failed", false]]);
  broken = false;
  uploads.resend(uploads.entries()[0].ref);
  await settle();
  equal(done, [["file", "att-2"]]);
});

test("a file that was deleted meanwhile is not sent", async () => {
  let finish;
  const { uploads, done } = setup(() => new Promise((resolve) => { finish = resolve; }));
  const adding = uploads.add(file());
  uploads.remove(uploads.entries()[0].ref);
  finish({ id: "att-3" });
  await adding;
  equal(done, []);
});

test("a file that was on its way when its page went is told of on the next one, until it is removed", () => {
  const memory = new Map();
  const never = () => new Promise(() => {});
  setup(never, memory).uploads.add(file());
  window.dispatchEvent(new Event("pagehide"));
  const { uploads, states } = setup(never, memory);
  uploads.recover();
  const [{ ref, payload }] = uploads.entries();
  equal([states(), payload], [[["failed", "upload_failed", true]], { name: "a.txt" }]);
  uploads.remove(ref);
  equal([states(), memory.get("lost")], [[], null]);
});
