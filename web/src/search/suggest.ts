/** What may be meant by what was typed so far: a person, a folder, an operator, an earlier search. */
import * as m from "words";
import { call } from "$/jmap/client";
import { preferences } from "$/preferences.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { folderIcon, folderName } from "$/store/names";
import type { IconName } from "$/ui/icons";
import { OPERATORS, written } from "./parse";
import { recent } from "./recent";

export interface Suggestion {
  /** The whole text of the box when it is chosen. */
  text: string;
  label: string;
  hint: string;
  icon: IconName;
  /** Chosen, it is searched for at once. */
  isWhole: boolean;
}

interface Correspondent {
  name: string;
  email: string;
}

const SHOWN_MAX = 8;
const PEOPLE_MAX = 4;
const WITH_PEOPLE = new Set(["", "from", "to", "cc", "bcc"]);

const HINTS: Record<(typeof OPERATORS)[number], () => string> = {
  from: m.opFrom, to: m.opTo, cc: m.opCc, bcc: m.opBcc, subject: m.opSubject, body: m.opBody, in: m.opIn, label: m.opLabel,
  has: m.opHas, is: m.opIs, before: m.opBefore, after: m.opAfter, larger: m.opLarger, smaller: m.opSmaller,
};

export async function suggest(text: string, caret: number): Promise<Suggestion[]> {
  if (text.trim() === "") return recent().map((query) => ({ text: query, label: query, hint: m.searchedBefore(), icon: "clock", isWhole: true }));
  const [start, term] = termAt(text, caret);
  const colon = term.indexOf(":");
  const operator = colon < 0 ? "" : term.slice(0, colon).toLowerCase();
  const value = term.slice(colon + 1).replaceAll('"', "");
  const put = (replacement: string, more: Omit<Suggestion, "text">): Suggestion => ({
    text: `${text.slice(0, start)}${replacement}${text.slice(caret)}`,
    ...more,
  });
  const found = [...values(operator, value, put), ...(operator === "" ? operators(term, put) : []), ...(await people(operator, value, put))];
  return found.slice(0, SHOWN_MAX);
}

type Put = (replacement: string, more: Omit<Suggestion, "text">) => Suggestion;

/** The term that the caret is in or behind; a quotation is one. */
function termAt(text: string, caret: number): [start: number, term: string] {
  const found = /(?:[A-Za-z]+:)?(?:"[^"]*|[^\s"]*)$/u.exec(text.slice(0, caret));
  return [found?.index ?? caret, found?.[0] ?? ""];
}

function operators(term: string, put: Put): Suggestion[] {
  if (term === "") return [];
  const fitting = OPERATORS.filter((one) => one.startsWith(term.toLowerCase()));
  return fitting.map((one) => put(`${one}:`, { label: `${one}:`, hint: HINTS[one](), icon: "search", isWhole: false }));
}

function values(operator: string, value: string, put: Put): Suggestion[] {
  const begins = (one: string) => one.toLowerCase().startsWith(value.toLowerCase());
  switch (operator) {
    case "has":
      return ["attachment"].filter(begins).map((one) => put(`has:${one} `, { label: `has:${one}`, hint: m.hasAttachment(), icon: "attach", isWhole: false }));
    case "is":
      return (
        [["unread", m.unread(), "mail"], ["read", m.read(), "mail-open"], ["starred", m.isStarred(), "star"], ["draft", m.draft(), "draft"]] as const
      )
        .filter(([word]) => begins(word))
        .map(([word, hint, icon]) => put(`is:${word} `, { label: `is:${word}`, hint, icon, isWhole: false }));
    case "in":
      return [...mailboxes.all.values()]
        .filter((one) => begins(folderName(one)) || begins(one.name))
        .map((one) => put(`${written("in", one.role ?? one.name)} `, { label: folderName(one), hint: m.opIn(), icon: folderIcon(one), isWhole: false }));
    case "label":
      return Object.entries(preferences.values.labels)
        .filter(([, look]) => begins(look.name))
        .map(([keyword, look]) => put(`${written("label", keyword)} `, { label: look.name, hint: m.opLabel(), icon: "label", isWhole: false }));
    default:
      return [];
  }
}

/** From the account's own correspondence. */
async function people(operator: string, value: string, put: Put): Promise<Suggestion[]> {
  if (!WITH_PEOPLE.has(operator) || (operator === "" && value.length < 2)) return [];
  const answer = await call<{ list: Correspondent[] }>("Correspondent/query", { text: value, limit: PEOPLE_MAX }).catch(() => ({ list: [] }));
  const name = operator === "" ? "from" : (operator as "from");
  return answer.list.map((one) =>
    put(`${written(name, one.email)} `, { label: one.name || one.email, hint: `${name}:${one.email}`, icon: "person", isWhole: false }),
  );
}
