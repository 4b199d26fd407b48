/**
 * HTML between messages and the editor.
 *
 *     a message's html ─ split → own words + quotation ─ clean → the editor's nodes
 *     the editor's nodes ─ outgoing → html that every mail program shows
 *
 * The quotation never enters the page: it is kept as text, and shown in a frame of its own.
 */
import { downloadUrl } from "$/jmap/addresses";
import type { Attached } from "./attachments.svelte";
import { CITED, QUOTE, SIGNATURE, STYLES } from "./look";
import { inside, parsed, STYLE } from "./parsed";

/** Pictures of the message itself: those that name their content id get an address that this page may load. */
function withPictures(root: ParentNode, attached: Attached[]): void {
  for (const image of root.querySelectorAll<HTMLImageElement>("img")) {
    const cid = image.getAttribute("data-cid") ?? cidOf(image);
    const found = cid === null ? undefined : attached.find((one) => one.cid === cid);
    if (cid === null || found?.blobId == null) continue;
    image.setAttribute("data-cid", cid);
    // By its path: the page loads from its own server alone, and nothing else may enter the editor.
    const { pathname, search } = new URL(downloadUrl(found.blobId, found.name, found.type), location.href);
    image.setAttribute("src", pathname + search);
  }
}

function cidOf(image: Element): string | null {
  const source = image.getAttribute("src") ?? "";
  if (!/^cid:/iu.test(source)) return null;
  try {
    return decodeURIComponent(source.slice(4));
  } catch {
    return source.slice(4);
  }
}

export interface Split {
  own: string;
  /** Null: the message quotes nothing. */
  quote: string | null;
}

/** A saved draft: what was written, ready for the editor, and what it quotes. */
export function split(html: string, attached: Attached[]): Split {
  const page = parsed(html);
  const quote = page.querySelector(`.${QUOTE}`);
  quote?.remove();
  return { own: readied(page, attached), quote: quote === null ? null : inside(quote) };
}

/** Any html with its pictures, for the editor. */
export function editable(html: string, attached: Attached[]): string {
  return readied(parsed(html), attached);
}

function readied(page: Document, attached: Attached[]): string {
  withPictures(page, attached);
  for (const element of page.querySelectorAll(`[${STYLE}]`)) {
    const style = (element.getAttribute(STYLE) ?? "").replaceAll(/\s/gu, "");
    for (const [name, look] of Object.entries(STYLES)) if (style.split(";").includes(look)) element.classList.add(name);
  }
  return inside(page.body);
}

/** The server gives pictures from elsewhere in a quotation as `data-src`, so that nothing loads on the way. */
function withAddresses(quote: string): string {
  const page = parsed(quote);
  for (const image of page.querySelectorAll("img[data-src]")) {
    image.setAttribute("src", image.getAttribute("data-src") ?? "");
    image.removeAttribute("data-src");
  }
  return inside(page.body);
}

/** Html for the wire: pictures by content id, styles instead of classes, the quotation at the end. */
export function outgoing(html: string, quote: string | null): string {
  const end = quote === null ? "" : `<div class="${QUOTE}">${withAddresses(quote)}</div>`;
  return `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>${everywhere(html)}${end}</body></html>`;
}

/** The editor's html as every program shows it. */
export function everywhere(html: string): string {
  const page = parsed(html);
  for (const image of page.querySelectorAll("img[data-cid]")) {
    image.setAttribute("src", `cid:${encodeURIComponent(image.getAttribute("data-cid") ?? "").replaceAll("%40", "@")}`);
    image.removeAttribute("data-cid");
  }
  for (const element of page.querySelectorAll("[class]")) {
    const styles = [...element.classList].map((name) => STYLES[name]).filter((style) => style !== undefined);
    if (styles.length > 0) element.setAttribute(STYLE, styles.join(";"));
    if (!element.classList.contains(SIGNATURE)) element.removeAttribute("class");
  }
  for (const cited of page.querySelectorAll(`blockquote:not([${STYLE}])`)) cited.setAttribute(STYLE, CITED);
  return inside(page.body);
}

/** The content ids that a text or a quotation shows. */
export function usedCids(html: string): Set<string> {
  const images = [...parsed(html).querySelectorAll("img")];
  return new Set(images.flatMap((one) => one.getAttribute("data-cid") ?? cidOf(one) ?? []));
}

/** A signature as the editor holds it; it is replaced when another identity is chosen. */
export function signatureHtml(html: string): string {
  return html === "" ? "" : `<div class="${SIGNATURE}"><div>-- </div>${html}</div>`;
}

/** The same text with another signature. */
export function withSignature(html: string, signature: string): string {
  const page = parsed(html);
  const old = page.querySelector(`.${SIGNATURE}`);
  const fresh = signature === "" ? null : parsed(signature).body.firstElementChild;
  if (old !== null && fresh !== null) old.replaceWith(page.importNode(fresh, true));
  else if (old !== null) old.remove();
  else if (fresh !== null) page.body.append(page.importNode(fresh, true));
  return inside(page.body);
}
