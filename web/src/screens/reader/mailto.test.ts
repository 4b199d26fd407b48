import { expect, test } from "vitest";
import { parseMailto } from "./mailto";

test("recipients, subject and body are taken", () => {
  expect(parseMailto("mailto:lan%40x.vn@congty.vn,b@c.vn?subject=B%C3%A1o%20c%C3%A1o&cc=d@e.vn&body=m%E1%BB%99t%0D%0Ahai")).toEqual({
    to: "lan@x.vn@congty.vn,b@c.vn",
    cc: "d@e.vn",
    bcc: "",
    subject: "Báo cáo",
    body: "một\nhai",
  });
  expect(parseMailto("MAILTO:?to=a@b.vn")?.to).toBe("a@b.vn");
});

test("files, headers and line ends in a subject are not", () => {
  const start = parseMailto("mailto:a@b.vn?attach=/etc/passwd&x-evil=1&subject=a%0D%0ABcc:%20evil@x.vn");
  expect(start).toEqual({ to: "a@b.vn", cc: "", bcc: "", subject: "a Bcc: evil@x.vn", body: "" });
  expect(parseMailto("javascript:alert(1)")).toBeNull();
  expect(parseMailto("mailto:%E0%A4%A?subject=%")?.subject).toBe("%");
});
