// @ts-check
/** The catalogue is whole: every message is used, there in both languages, and no screen has words of its own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "svelte/compiler";
import { expect, test } from "vitest";
import { readCatalogue } from "../build/catalogue.js";
import { compileMessage } from "../build/message.js";

const SOURCES = join(import.meta.dirname, "..", "src");
const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !/\.(test|d)\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCES, name), "utf8") }));
const catalogue = readCatalogue();

/** What reads the same in both languages. */
const SAME = new Set(["composeCc", "composeBcc", "readerCc", "readerBcc"]);
/** Names and marks that are no language. */
const NO_WORDS = /^((· )?bocau|English|Tiếng Việt|Language · Ngôn ngữ|[BIUS]|[^\p{L}]*)$/u;
const READ_ATTRIBUTES = new Set(["aria-label", "aria-description", "title", "placeholder", "alt", "label"]);

test("every message is used, and every message that is used is there", () => {
  const used = new Set(files.flatMap(({ text }) => [...text.matchAll(/\bm\.([a-z]\w*)/gi)].map((found) => found[1])));
  expect([...catalogue.keys()].filter((key) => !used.has(key))).toEqual([]);
  const named = files.filter(({ text }) => /from "words"/.test(text)).flatMap(({ name, text }) => [...text.matchAll(/\bm\.([a-z]\w*)\b/gi)].map((found) => [name, found[1]]));
  expect(named.filter(([, key]) => !catalogue.has(key ?? ""))).toEqual([]);
});

test("every message is translated", () => {
  const same = [...catalogue.values()].filter(({ key, texts }) => texts["vi"] === texts["en"] && !SAME.has(key));
  expect(same.map(({ key }) => key)).toEqual([]);
  const bare = [...catalogue.values()].filter(({ texts }) => !/\p{L}/u.test(texts["vi"] ?? "") && /\p{L}/u.test(texts["en"] ?? ""));
  expect(bare).toEqual([]);
});

test("Vietnamese is written in composed letters, nobody is shouted at", () => {
  const wrong = [...catalogue.values()].filter(({ texts }) => Object.values(texts).some((text) => text !== text.normalize("NFC") || text.includes("!")));
  expect(wrong.map(({ key }) => key)).toEqual([]);
});

test("no template has words of its own", () => {
  const found = files.filter(({ name }) => name.endsWith(".svelte")).flatMap(({ name, text }) => wordsIn(text).map((words) => `${name}: ${words}`));
  expect(found).toEqual([]);
});

test("no template puts HTML into the page", () => {
  const risky = files.filter(({ text }) => /\{@html|\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\sstyle="/.test(text));
  expect(risky.map(({ name }) => name).filter((name) => !ALLOWED_HTML.has(name))).toEqual([]);
});

/** The editor's: what they read is cleaned, what they write goes through a sanitiser. */
const ALLOWED_HTML = new Set(["screens/composer/parsed.ts", "screens/composer/starting.ts"]);

test("messages take values and plurals", () => {
  expect(compileMessage("{count, plural, =0 {none} one {# email} other {# emails}} in {folder}").names).toEqual(["count", "folder"]);
  expect(compileMessage("{a} of {b}").expression).toBe('show(v.a) + " of " + show(v.b)');
  expect(() => compileMessage("{count, plural, one {#}}")).toThrow("other");
  expect(() => compileMessage("{count")).toThrow();
  expect(() => compileMessage("a } b")).toThrow();
});

/** @param {string} text */
function wordsIn(text) {
  /** @type {string[]} */
  const found = [];
  const visit = (/** @type {any} */ node, /** @type {string} */ attribute) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach((one) => visit(one, attribute));
    if (node.type === "StyleDirective") return;
    const inside = node.type === "Attribute" ? node.name : attribute;
    if (node.type === "Text" && isRead(node.data.trim(), inside)) found.push(node.data.trim());
    for (const [key, value] of Object.entries(node)) if (key !== "parent") visit(value, inside);
  };
  visit(parse(text, { modern: true }).fragment, "");
  return found;
}

/** @param {string} text @param {string} attribute */
function isRead(text, attribute) {
  return text !== "" && !NO_WORDS.test(text) && (attribute === "" || READ_ATTRIBUTES.has(attribute));
}
