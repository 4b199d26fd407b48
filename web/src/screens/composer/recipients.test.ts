import { expect, test } from "vitest";
import { ownLines, speaksOfAttachment } from "./forgotten";
import { forwardSubject, quotedText, referencesOf, replySubject } from "./quoting";
import { identityOf, replyRecipients } from "./recipients";
import { parseWritten, written } from "./written";

const lan = { name: "Lan Trần", email: "lan@congty.vn" };
const binh = { name: "Bình", email: "binh@congty.vn" };
const list = { name: null, email: "list@lists.example" };
const me = { name: "Alice", email: "Alice@demo.test" };
const own = ["alice@demo.test", "sales@demo.test"];
const sent = { from: [lan], replyTo: null, to: [me, binh], cc: [list] };

test("a reply goes to the author", () => {
  expect(replyRecipients(sent, own, false)).toEqual({ to: [lan], cc: [] });
});

test("Reply-To comes before From", () => {
  expect(replyRecipients({ ...sent, replyTo: [list] }, own, false).to).toEqual([list]);
});

test("an answer to all leaves oneself out and names nobody twice", () => {
  expect(replyRecipients({ ...sent, cc: [list, binh, lan] }, own, true)).toEqual({ to: [lan], cc: [binh, list] });
});

test("who answers the own mail writes to the same people again", () => {
  const mine = { from: [me], replyTo: null, to: [lan], cc: [binh] };
  expect(replyRecipients(mine, own, false)).toEqual({ to: [lan], cc: [] });
  expect(replyRecipients(mine, own, true)).toEqual({ to: [lan], cc: [binh] });
});

test("mail to oneself is answered to oneself", () => {
  expect(replyRecipients({ from: [me], replyTo: null, to: [me], cc: null }, own, true).to).toEqual([me]);
});

test("the answer comes from the address that was written to", () => {
  const identities = [{ email: "alice@demo.test" }, { email: "sales@demo.test" }];
  expect(identityOf(identities, { ...sent, to: [{ name: null, email: "Sales@demo.test" }] })).toBe(identities[1]);
  expect(identityOf(identities, { ...sent, to: [list], cc: null })).toBe(identities[0]);
});

test("subjects are prefixed once, whatever the other side calls it", () => {
  expect(replySubject("RE: Re: SV: AW: Trả lời: Báo cáo")).toBe("Re: Báo cáo");
  expect(replySubject("Re[2]: Báo cáo")).toBe("Re: Báo cáo");
  expect(replySubject(null)).toBe("Re:");
  expect(forwardSubject("Fw: Fwd: Báo cáo")).toBe("Fwd: Báo cáo");
  expect(forwardSubject("Re: Báo cáo")).toBe("Fwd: Re: Báo cáo");
});

test("references grow by the answered message", () => {
  expect(referencesOf({ messageId: ["c"], inReplyTo: ["b"], references: ["a", "b"] })).toEqual(["a", "b", "c"]);
  expect(referencesOf({ messageId: ["b"], inReplyTo: ["a"], references: null })).toEqual(["a", "b"]);
  const long = Array.from({ length: 80 }, (_, index) => `r${index}`);
  const kept = referencesOf({ messageId: ["m"], inReplyTo: null, references: long });
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([50, "r0", "m"]);
});

test("quoted text", () => {
  expect(quotedText("một\n> hai\n\nba\n\n")).toBe("> một\n>> hai\n>\n> ba");
});

test("addresses as they are written", () => {
  expect(parseWritten('Lan Trần <lan@congty.vn>, "Bình, Văn" <binh@congty.vn>; x@y.vn\nz@y.vn')).toEqual([
    lan,
    { name: "Bình, Văn", email: "binh@congty.vn" },
    { name: null, email: "x@y.vn" },
    { name: null, email: "z@y.vn" },
  ]);
  expect(parseWritten("a@b.vn c@d.vn").map((one) => one.email)).toEqual(["a@b.vn", "c@d.vn"]);
  expect(parseWritten("mailto:a@b.vn, ,")).toEqual([{ name: null, email: "a@b.vn" }]);
  expect(parseWritten("nobody")).toEqual([{ name: null, email: "nobody" }]);
  expect(written({ name: "Bình, Văn", email: "b@c.vn" })).toBe('"Bình, Văn" <b@c.vn>');
});

test.each([
  ["Please see the attached file", true],
  ["I attach the report", true],
  ["see attachment", true],
  ["Em gửi kèm báo cáo", true],
  ["Xem tệp đính kèm nhé", true],
  ["gui file dinh kem", true],
  ["unattached feelings", false],
  ["Chào anh", false],
])("%s: %s", (text, is) => expect(speaksOfAttachment(text)).toBe(is));

test("what was quoted does not count", () => {
  expect(ownLines("Cảm ơn anh\n\n> xem tệp đính kèm\n-- \nLan")).toBe("Cảm ơn anh\n");
});
