import { equal, test } from "../../chat/tests/harness.mjs";
import { fillNames } from "../canned.js";
import { addressOf, placeOfFile, placeOfMessage, timeLeft } from "../reveals.js";

test("a message's text has a place that the server knows", () => {
  equal(placeOfMessage("aB_c-9", 12), "chat.message/aB_c-9:12/body");
});

test("a file that a customer sent has one, too", () => {
  equal(placeOfFile("aB_c-9", "3f"), "chat.attachment/aB_c-9:3f/file");
});

test("the place stands in the address", () => {
  equal(addressOf("/console/reveal/", "chat.message/aB:12/body"), "/console/reveal/?type=chat.message&id=aB%3A12&field=body");
});

test("what is left is told in minutes and seconds", () => {
  equal(timeLeft(600_000, 0), "10:00");
  equal(timeLeft(61_200, 2_000), "1:00");
  equal(timeLeft(5, 1_000), "0:00");
});

test("a masked name is left out of a canned reply", () => {
  equal(fillNames("Hello {{customer.name}}, I am {{agent}}.", { customer: "J**", agent: "Bo" }), "Hello, I am Bo.");
});
