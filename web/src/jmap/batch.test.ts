import { expect, test } from "vitest";
import { type Invocation, ref, tagged, untagged } from "./batch";

test("groups share a request, each refers to its own calls", () => {
  const calls = tagged([["Email/query", {}], ["Email/get", { "#ids": ref(0, "Email/query", "/ids"), properties: ["id"] }]], 3);
  expect(calls).toEqual([
    ["Email/query", {}, "3.0"],
    ["Email/get", { "#ids": { resultOf: "3.0", name: "Email/query", path: "/ids" }, properties: ["id"] }, "3.1"],
  ]);
});

test("each group gets its responses, those implied among them", () => {
  const responses: Invocation[] = [
    ["EmailSubmission/set", {}, "0.0"],
    ["Email/set", { implied: true }, "0.0"],
    ["Mailbox/get", {}, "1.0"],
    ["error", { type: "serverFail" }, "1.1"],
  ];
  expect(untagged(responses, 0, 1)).toEqual([responses.slice(0, 2)]);
  expect(untagged(responses, 1, 3)).toEqual([[responses[2]], [responses[3]], []]);
});
