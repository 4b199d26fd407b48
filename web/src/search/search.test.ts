import { expect, test } from "vitest";
import type { Filter } from "$/jmap/types";
import { parseDate } from "./dates";
import { toFilter } from "./filter";
import { hasWords, parseSearch, without, written } from "./parse";
import { fromFirstMark, markedParts } from "./snippet";

const folders: Record<string, string> = { inbox: "F1", "Thư nháp": "F2" };
const filter = (text: string): Filter => toFilter(parseSearch(text), (name) => folders[name] ?? null);

test("words stand beside one another, phrases hold together", () => {
  expect(filter("báo cáo")).toEqual({ operator: "AND", conditions: [{ text: "báo" }, { text: "cáo" }] });
  expect(filter('"báo cáo quý"')).toEqual({ text: '"báo cáo quý"' });
  expect(filter("")).toEqual({ operator: "AND", conditions: [] });
});

test("operators become conditions", () => {
  expect(filter("from:lan")).toEqual({ from: "lan" });
  expect(filter('SUBJECT:"họp tuần"')).toEqual({ subject: '"họp tuần"' });
  expect(filter("has:attachment")).toEqual({ hasAttachment: true });
  expect(filter("is:unread")).toEqual({ notKeyword: "$seen" });
  expect(filter("is:starred")).toEqual({ hasKeyword: "$flagged" });
  expect(filter("label:work")).toEqual({ hasKeyword: "work" });
  expect(filter("larger:5M")).toEqual({ minSize: 5 * 1024 * 1024 });
  expect(filter("smaller:10kb")).toEqual({ maxSize: 10240 });
  expect(filter('in:"Thư nháp"')).toEqual({ inMailbox: "F2" });
  expect(filter("in:anywhere")).toEqual({});
});

test("a folder that does not exist has nothing in it", () => {
  expect(filter("in:nowhere")).toEqual({ operator: "NOT", conditions: [{}] });
});

test("a minus excludes, OR binds its neighbours", () => {
  expect(filter("-draft")).toEqual({ operator: "NOT", conditions: [{ text: "draft" }] });
  expect(filter("-from:bot x")).toEqual({
    operator: "AND",
    conditions: [{ operator: "NOT", conditions: [{ from: "bot" }] }, { text: "x" }],
  });
  expect(filter("a OR b OR c d")).toEqual({
    operator: "AND",
    conditions: [{ operator: "OR", conditions: [{ text: "a" }, { text: "b" }, { text: "c" }] }, { text: "d" }],
  });
});

test("what is not understood is a word", () => {
  expect(filter("10:30")).toEqual({ text: "10:30" });
  expect(filter("http://x.test/")).toEqual({ text: "http://x.test/" });
  expect(filter("larger:much")).toEqual({ text: "much" });
  expect(filter('from:"unclosed name')).toEqual({ from: '"unclosed name"' });
  expect(filter("OR a")).toEqual({ text: "a" });
  expect(filter("from: -")).toEqual({ operator: "AND", conditions: [] });
});

test("typed accents are composed, whichever way the keyboard makes them", () => {
  expect(filter("ba\u0301o")).toEqual({ text: "báo" });
});

test("very long searches are cut, not refused", () => {
  expect(parseSearch("a ".repeat(1000)).terms).toHaveLength(40);
});

test("days are read as people type them", () => {
  const now = new Date(2026, 6, 15, 12);
  expect(parseDate("2026-01-31")).toEqual(new Date(2026, 0, 31));
  expect(parseDate("31/1/2026")).toEqual(new Date(2026, 0, 31));
  expect(parseDate("2025")).toEqual(new Date(2025, 0, 1));
  expect(parseDate("7d", now)).toEqual(new Date(2026, 6, 8));
  expect(parseDate("31/2/2026")).toBeNull();
  expect(parseDate("soon")).toBeNull();
});

test("dates go out as UTC without fractions", () => {
  expect(filter("after:2026-01-31")).toEqual({ after: new Date(2026, 0, 31).toISOString().replace(".000Z", "Z") });
});

test("a term can be taken out of the text, and written into it", () => {
  const text = "from:lan OR is:unread báo";
  const [first, second] = parseSearch(text).terms;
  expect(without(text, first!)).toBe("is:unread báo");
  expect(without(text, second!)).toBe("from:lan OR báo");
  expect(written("from", "Trần Lan")).toBe('from:"Trần Lan"');
  expect(written(null, "a", true)).toBe("-a");
});

test("snippets are asked for where there is something to mark", () => {
  expect(hasWords("is:unread from:lan")).toBe(false);
  expect(hasWords("is:unread báo")).toBe(true);
  expect(hasWords("-báo")).toBe(false);
});

test("a snippet is text with marks, whatever HTML it holds", () => {
  expect(markedParts("a &lt;b&gt; <mark>c&amp;</mark>&#39;")).toEqual([
    { text: "a <b> ", isMark: false },
    { text: "c&", isMark: true },
    { text: "'", isMark: false },
  ]);
  expect(markedParts("<img src=x onerror=1>")).toEqual([{ text: "<img src=x onerror=1>", isMark: false }]);
});

test("a mark far behind is brought to the front", () => {
  const text = "Kính gửi quý khách, số tiền cần thanh toán là <mark>một</mark> triệu";
  expect(fromFirstMark(markedParts(text))[0]).toEqual({ text: "…tiền cần thanh toán là ", isMark: false });
  expect(fromFirstMark(markedParts("gửi <mark>báo</mark>"))[0]?.text).toBe("gửi ");
});
