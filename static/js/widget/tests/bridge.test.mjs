import { openBridge } from "../bridge.js";
import { equal, test } from "../../chat/tests/harness.mjs";

const SHOP = "https://shop.example";

function setup(parentOrigin = SHOP) {
  const told = [];
  const parent = { postMessage: (data, origin) => told.push([data, origin]) };
  const self = Object.assign(new EventTarget(), { parent });
  const heard = [];
  const tell = openBridge(parentOrigin, { open: (data) => heard.push(data.type) }, self);
  const send = (data, origin = SHOP, source = parent) => self.dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
  return { tell, told, heard, send };
}

test("messages of the parent reach their handler", () => {
  const { heard, send } = setup();
  send({ helpdesk: 1, type: "open" });
  equal(heard, ["open"]);
});

test("another origin, another window and other messages are not heard", () => {
  const { heard, send } = setup();
  send({ helpdesk: 1, type: "open" }, "https://evil.example");
  send({ helpdesk: 1, type: "open" }, SHOP, {});
  for (const data of [null, "open", { type: "open" }, { helpdesk: 1, type: "toString" }]) send(data);
  equal(heard, []);
});

test("we speak to the shop's origin only", () => {
  const { tell, told } = setup();
  tell("unread", { count: 2 });
  equal(told, [[{ helpdesk: 1, type: "unread", count: 2 }, SHOP]]);
});

test("without a known parent nothing is said", () => {
  const { tell, told } = setup(null);
  tell("ready");
  equal(told, []);
});
