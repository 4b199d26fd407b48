/** The JMAP filter of a place. */
import type { Filter } from "$/jmap/types";
import type { Place } from "$/routes";
import { parseSearch } from "$/search/parse";
import { toFilter } from "$/search/filter";
import { mailboxes } from "./mailboxes.svelte";

/** Null: there is no such place, as after a folder was deleted. */
export function filterOf(place: Place): Filter | null {
  switch (place.kind) {
    case "folder": {
      const mailbox = mailboxes.find(place.folder);
      return mailbox === undefined ? null : { inMailbox: mailbox.id };
    }
    case "label":
      return { operator: "AND", conditions: [{ hasKeyword: place.label }, outsideTrash()] };
    case "search":
      return searchFilter(place.query);
    case "scheduled":
      return null;
  }
}

/** What is in Trash or Junk is found only when the search names a folder. */
function searchFilter(query: string): Filter {
  const found = parseSearch(query);
  const filter = toFilter(found, (name) => mailboxes.named(name)?.id ?? null);
  if (found.terms.some((term) => term.operator === "in")) return filter;
  return { operator: "AND", conditions: [filter, outsideTrash()] };
}

function outsideTrash(): Filter {
  const ids = [mailboxes.byRole("trash"), mailboxes.byRole("junk")].flatMap((one) => one?.id ?? []);
  return ids.length === 0 ? {} : { inMailboxOtherThan: ids };
}
