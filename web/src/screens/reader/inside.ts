/**
 * Clicks and keys within the frame of a body.
 *
 * WebKit runs no listener in a document that may run no scripts, not even one of this page (WebKit bug 218086). There a
 * link to an address opens the composer in a tab of its own, and the keyboard comes back to this page by itself.
 */
import { pathOf } from "$/routes";
import { parseMailto } from "./mailto";

type Start = NonNullable<ReturnType<typeof parseMailto>>;

export interface Heard {
  /** A link to an address: what it fills in. */
  addressed: (start: Start) => void;
  pressed: (event: KeyboardEvent) => void;
}

const TAKE_BACK_MS = 250;
const ADDRESSES = "a[href^='mailto:' i]";

/** Listen in the document of a frame until the returned function is called. */
export function listen(page: Document, heard: Heard): () => void {
  page.addEventListener("click", (event) => followAddress(event, heard));
  page.addEventListener("keydown", heard.pressed);
  if (hears(page)) return () => undefined;
  for (const link of page.querySelectorAll<HTMLAnchorElement>(ADDRESSES)) leadToComposer(link);
  const timer = setInterval(() => takeBack(page), TAKE_BACK_MS);
  return () => clearInterval(timer);
}

/** Addresses open our own composer, and only with what may be filled in. */
function followAddress(event: MouseEvent, heard: Heard): void {
  const link = (event.target as Element | null)?.closest?.(ADDRESSES);
  if (link == null) return;
  event.preventDefault();
  const start = parseMailto(link.getAttribute("href") ?? "");
  if (start !== null) heard.addressed(start);
}

function hears(page: Document): boolean {
  let isHeard = false;
  page.addEventListener("bocau", () => (isHeard = true), { once: true });
  page.dispatchEvent(new Event("bocau"));
  return isHeard;
}

function leadToComposer(link: HTMLAnchorElement): void {
  const start = parseMailto(link.getAttribute("href") ?? "");
  if (start === null) return;
  link.href = new URL(pathOf({ screen: "compose", start }), location.origin).href;
  link.target = "_blank";
  link.rel = "noopener";
}

/** Not from who goes from link to link, or has selected what is to be copied. */
function takeBack(page: Document): void {
  const isIdle = page.activeElement === page.body && page.getSelection()?.isCollapsed !== false;
  if (page.hasFocus() && isIdle) window.focus();
}
