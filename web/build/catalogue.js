// @ts-check
/** The messages of all areas: messages/<area>.<language>.json, one flat object of key → text each. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileMessage } from "./message.js";

export const LANGUAGES = /** @type {const} */ (["en", "vi"]);
const FOLDER = join(import.meta.dirname, "..", "messages");
const KEY = /^[a-z][A-Za-z0-9]*$/;

/** @typedef {{ key: string, area: string, texts: Record<string, string>, names: string[] }} Message */

export function catalogueFiles() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => join(FOLDER, name));
}

/** @returns {Map<string, Message>} @throws when a key is there twice, or in one language only, or takes other values there */
export function readCatalogue() {
  /** @type {Map<string, Message>} */
  const messages = new Map();
  for (const file of catalogueFiles()) {
    const [area = "", language = ""] = (file.split("/").pop() ?? "").split(".");
    /** @type {Record<string, string>} */
    const texts = JSON.parse(readFileSync(file, "utf8"));
    for (const [key, text] of Object.entries(texts)) {
      if (!KEY.test(key)) throw new Error(`${file}: not a name for a message: ${key}`);
      const message = messages.get(key) ?? { key, area, texts: {}, names: [] };
      if (message.area !== area || language in message.texts) throw new Error(`${key} is in ${area} and in ${message.area}`);
      message.texts[language] = text;
      messages.set(key, message);
    }
  }
  for (const message of messages.values()) message.names = namesOf(message);
  return messages;
}

/** @param {Message} message */
function namesOf(message) {
  const [first, ...others] = LANGUAGES.map((language) => {
    const text = message.texts[language];
    if (text === undefined) throw new Error(`${message.key} is missing in ${message.area}.${language}.json`);
    return compileMessage(text).names.sort();
  });
  for (const other of others) {
    if (String(other) !== String(first)) throw new Error(`${message.key} takes other values in another language`);
  }
  return first ?? [];
}
