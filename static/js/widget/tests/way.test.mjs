import { equal, test } from "../../chat/tests/harness.mjs";
import { parcelWay } from "../things.js";

const t = (key, { when } = {}) => (when ? `${key} ${when}` : key);
const when = (iso) => iso.slice(11, 16);
const scans = [{ at: "2026-11-22T09:00:00Z", text: "Out for delivery", location: "Lyon" }, { at: "2026-11-21T08:00:00Z", text: "In Lyon", location: "" }];
const parcel = (more) => ({ eta: null, delivered_at: null, events: scans, ...more });

async function opened(load) {
  const node = parcelWay(t, when, load);
  document.body.append(node);
  node.open = true;
  await new Promise((resolve) => setTimeout(resolve, 30));
  node.remove();
  return node;
}

test("a way is fetched when it is unfolded, and shows its steps as told", async () => {
  const node = await opened(async () => parcel());
  equal([...node.querySelectorAll("li")].map(({ textContent }) => textContent), ["09:00 · LyonOut for delivery", "08:00In Lyon"]);
});

test("nothing is fetched before", () => {
  parcelWay(t, when, () => { throw new Error("fetched"); });
});

test("the expected day is told until the parcel is there", async () => {
  const eta = "2026-11-23T18:00:00Z";
  equal((await opened(async () => parcel({ eta }))).querySelector("div > p").textContent, "way_eta 18:00");
  equal((await opened(async () => parcel({ eta, delivered_at: eta }))).querySelector("div > p"), null);
});

test("no steps and no answer are said", async () => {
  equal((await opened(async () => parcel({ events: [] }))).querySelector("div").textContent, "parcel_pending");
  equal((await opened(async () => { throw new Error("away"); })).querySelector("div").textContent, "failed");
});
