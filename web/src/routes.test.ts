import { expect, test } from "vitest";
import { parseRoute, pathOf, type Route } from "./routes";

function parsed(path: string): Route {
  const url = new URL(path, "https://mail.test");
  return parseRoute(url.pathname, url.search);
}

test.each([
  "/login",
  "/mail/inbox",
  "/mail/F12/t/T34",
  "/mail/F12/t/T34/M5",
  "/mail/search?q=from%3Alan%20%22b%C3%A1o%20c%C3%A1o%22",
  "/mail/search/t/T1/M2?q=a%2Fb",
  "/mail/label/kh%C3%A1ch%20h%C3%A0ng/t/T1",
  "/mail/scheduled",
  "/compose/M7",
  "/compose/new?mode=replyAll&email=M5",
  "/compose/new?to=lan%40demo.test&subject=Xin+ch%C3%A0o",
  "/compose/new",
  "/settings",
  "/settings/security",
])("%s is a place of its own", (path) => {
  expect(pathOf(parsed(path))).toBe(path);
});

test("short addresses lead to the inbox, wrong ones nowhere", () => {
  expect(pathOf(parsed("/"))).toBe("/mail/inbox");
  expect(pathOf(parsed("/mail"))).toBe("/mail/inbox");
  expect(parsed("/nothing")).toEqual({ screen: "missing" });
  expect(parsed("/mail/inbox/x/T1")).toEqual({ screen: "missing" });
  expect(parsed("/mail/%E0%A4%A")).toMatchObject({ place: { folder: "%E0%A4%A" } });
  expect(parsed("/compose/new?mode=destroy&email=M1")).toMatchObject({ start: { to: "" } });
});
