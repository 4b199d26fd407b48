/** A search as a filter of JMAP (RFC 8621 §4.4.1). */
import type { Filter, FilterCondition } from "$/jmap/types";
import { parseDate } from "./dates";
import type { Search, Term } from "./parse";

type FolderId = (name: string) => string | null;

const SIZES: Record<string, number> = { "": 1, b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3 };
/** No email is in such a folder: a folder that does not exist has nothing in it. */
const NOWHERE: Filter = { operator: "NOT", conditions: [{}] };

export function toFilter(search: Search, folderId: FolderId): Filter {
  const all: Filter[] = [];
  for (const term of search.terms) {
    const condition = negated(conditionOf(term, folderId), term.isNegated);
    const before = all.at(-1);
    if (term.isAlternative && before !== undefined) all[all.length - 1] = either(before, condition);
    else all.push(condition);
  }
  return all.length === 1 && all[0] !== undefined ? all[0] : { operator: "AND", conditions: all };
}

function either(one: Filter, other: Filter): Filter {
  const before = "operator" in one && one.operator === "OR" ? one.conditions : [one];
  return { operator: "OR", conditions: [...before, other] };
}

function negated(filter: Filter, isNegated: boolean): Filter {
  return isNegated ? { operator: "NOT", conditions: [filter] } : filter;
}

function conditionOf(term: Term, folderId: FolderId): Filter {
  const { operator, value } = term;
  switch (operator) {
    case null:
      return { text: quotedIfPhrase(value) };
    case "from":
    case "to":
    case "cc":
    case "bcc":
    case "subject":
    case "body":
      return { [operator]: quotedIfPhrase(value) } as FilterCondition;
    case "in":
      return inFolder(value, folderId);
    case "label":
      return { hasKeyword: value };
    case "has":
      return /^attachments?$/i.test(value) ? { hasAttachment: true } : { text: value };
    case "is":
      return isCondition(value.toLowerCase());
    case "before":
    case "after":
      return dateCondition(operator, value);
    case "larger":
      return sized("minSize", value);
    case "smaller":
      return sized("maxSize", value);
  }
}

/** In JMAP's text conditions, quotes hold a phrase together (RFC 8621 §4.4.1). */
function quotedIfPhrase(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

function inFolder(name: string, folderId: FolderId): Filter {
  if (name.toLowerCase() === "anywhere") return {};
  const id = folderId(name);
  return id === null ? NOWHERE : { inMailbox: id };
}

function isCondition(value: string): Filter {
  switch (value) {
    case "unread":
      return { notKeyword: "$seen" };
    case "read":
      return { hasKeyword: "$seen" };
    case "starred":
      return { hasKeyword: "$flagged" };
    case "answered":
      return { hasKeyword: "$answered" };
    case "draft":
      return { hasKeyword: "$draft" };
    default:
      return { text: value };
  }
}

function dateCondition(operator: "before" | "after", value: string): Filter {
  const date = parseDate(value);
  return date === null ? { text: value } : { [operator]: date.toISOString().replace(/\.\d+Z$/, "Z") };
}

function sized(name: "minSize" | "maxSize", value: string): Filter {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?b?)$/i.exec(value);
  if (match === null) return { text: value };
  return { [name]: Math.round(Number(match[1]) * (SIZES[(match[2] ?? "").toLowerCase()] ?? 1)) };
}
