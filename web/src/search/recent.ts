/** The searches of this account in this browser, newest first. */
import { session } from "$/session.svelte";

const RECENT_MAX = 8;

function key(): string {
  return `bocau.searches.${session.accountId}`;
}

export function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key()) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(query: string): void {
  const next = [query, ...recent().filter((one) => one !== query)].slice(0, RECENT_MAX);
  localStorage.setItem(key(), JSON.stringify(next));
}

/** On logging out. */
export function forgetSearches(): void {
  localStorage.removeItem(key());
}
