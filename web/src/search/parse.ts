/**
 * What is typed into the search box:
 *
 *     from:lan "báo cáo quý" -draft after:2026-01-31 (…) OR …
 *
 * Terms follow one another with AND; OR binds its two neighbours. Anything that is not understood is a word.
 */

export const OPERATORS = [
  "from", "to", "cc", "bcc", "subject", "body", "in", "label", "has", "is", "before", "after", "larger", "smaller",
] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Term {
  /** Null: a word or phrase, wherever it is. */
  operator: Operator | null;
  value: string;
  isNegated: boolean;
  /** Joined to the term before it by OR. */
  isAlternative: boolean;
  /** Where it stands in the text. */
  start: number;
  end: number;
}

export interface Search {
  terms: Term[];
}

/** More terms than these are left out. */
const TERMS_MAX = 40;
const KNOWN = new Set<string>(OPERATORS);
const TERM = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))/gu;

export function parseSearch(text: string): Search {
  const terms: Term[] = [];
  let isAlternative = false;
  for (const match of text.normalize("NFC").matchAll(TERM)) {
    if (terms.length >= TERMS_MAX) break;
    if (match[0] === "OR") {
      isAlternative = terms.length > 0;
      continue;
    }
    const term = termOf(match, isAlternative);
    if (term === null) continue;
    terms.push(term);
    isAlternative = false;
  }
  return { terms };
}

function termOf(match: RegExpMatchArray, isAlternative: boolean): Term | null {
  const [whole, minus, name, phrase, word] = match;
  const start = match.index ?? 0;
  const place = { isAlternative, start, end: start + whole.length };
  const operator = name?.toLowerCase() ?? "";
  const value = (phrase ?? word ?? "").trim();
  if (KNOWN.has(operator)) return value === "" ? null : { operator: operator as Operator, value, isNegated: minus === "-", ...place };
  const written = name === undefined ? value : `${name}:${value}`;
  // An operator that waits for its value.
  if (written.endsWith(":") && KNOWN.has(written.slice(0, -1).toLowerCase())) return null;
  return written === "" || written === "-" ? null : { operator: null, value: written, isNegated: minus === "-", ...place };
}

/** Whether there are words that can be shown where they were found. */
export function hasWords(text: string): boolean {
  return parseSearch(text).terms.some(
    (term) => !term.isNegated && (term.operator === null || term.operator === "subject" || term.operator === "body"),
  );
}

/** A term as it is typed. */
export function written(operator: Operator | null, value: string, isNegated = false): string {
  const quoted = /[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
  return `${isNegated ? "-" : ""}${operator === null ? "" : `${operator}:`}${quoted}`;
}

/** The text without one of its terms. */
export function without(text: string, term: Term): string {
  return `${text.slice(0, term.start)}${text.slice(term.end)}`.replace(/^\s*OR\s+|\s+OR\s*$/g, "").replace(/\s+/g, " ").trim();
}
