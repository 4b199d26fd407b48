/** The language of everything a person reads here; changing it redraws what is shown. */

export const LANGUAGES = ["en", "vi"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT = "bocau.language";

let chosen = $state<Language>(first());

function first(): Language {
  const kept = localStorage.getItem(KEPT) ?? navigator.languages.find((one) => /^(en|vi)\b/.test(one)) ?? "en";
  return kept.startsWith("vi") ? "vi" : "en";
}

export function language(): Language {
  return chosen;
}

export function isVietnamese(): boolean {
  return chosen === "vi";
}

/** Kept in this browser, so that the login page speaks it too. */
export function chooseLanguage(next: Language): void {
  chosen = next;
  localStorage.setItem(KEPT, next);
  document.documentElement.lang = next;
}

/** The locale for Intl: English dates are written day first where the browser's own English does so. */
export function locale(): string {
  if (chosen === "vi") return "vi-VN";
  return navigator.languages.find((one) => one.startsWith("en-")) ?? "en-GB";
}

/** A value within a message. */
export function show(value: string | number): string {
  return typeof value === "number" ? new Intl.NumberFormat(locale()).format(value) : value;
}

/** The branch of a plural: an exact one ("=0") before its category. */
export function plural(count: string | number, branches: Record<string, string>): string {
  const exact = branches[`=${count}`];
  if (exact !== undefined) return exact;
  return branches[new Intl.PluralRules(locale()).select(Number(count))] ?? branches["other"] ?? "";
}
