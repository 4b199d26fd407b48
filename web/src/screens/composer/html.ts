/**
 * HTML between messages and the editor.
 *
 *     a message's html ─ split → own words + quotation ─ clean → the editor's nodes
 *     the editor's nodes ─ outgoing → html that every mail program shows
 *
 * The quotation never enters the page: it is kept as text, and shown in a frame of its own.
 */
import DOMPurify from "dompurify";
import { downloadUrl } from "$/jmap/addresses";
import { quotedText } from "./quoting";
import type { Attached } from "./attachments.svelte";

const QUOTE = "bocau-quote";
const SIGNATURE = "bocau-signature";
const TAGS = [
  "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small",
  "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
];
const ATTRIBUTES = ["href", "src", "alt", "title", "dir", "lang", "class", "colspan", "rowspan", "width", "height", "data-cid"];
/** Classes of the editor, and what they are for everybody else. */
const STYLES: Record<string, string> = {
  "size-small": "font-size:12px",
  "size-large": "font-size:18px",
  "size-huge": "font-size:24px",
  "color-1": "color:#0b57d0",
  "color-2": "color:#116329",
  "color-3": "color:#7a4d00",
  "color-4": "color:#b3261e",
  "color-5": "color:#7b2cbf",
};
const OWN_IMAGE = /^(?:blob:|\/jmap\/download\/)/u;

/** Nodes that may enter the editor, whatever was pasted, quoted or saved. */
export function clean(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|blob:|\/jmap\/download\/)/iu,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const element of fragment.querySelectorAll("[class]")) {
    const kept = [...element.classList].filter((name) => name in STYLES || name === SIGNATURE);
    if (kept.length > 0) element.className = kept.join(" ");
    else element.removeAttribute("class");
  }
  for (const image of fragment.querySelectorAll("img")) {
    // A picture from elsewhere would tell its server that it was seen.
    if (!OWN_IMAGE.test(image.getAttribute("src") ?? "") && !image.hasAttribute("data-cid")) image.replaceWith(image.alt);
  }
  return document.importNode(fragment, true);
}

function parsed(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html) as unknown as string, "text/html");
}

/** Documents made by it are never shown and run nothing; what is shown goes through `clean`. */
const policy = (
  globalThis as unknown as { trustedTypes?: { createPolicy(name: string, rules: object): { createHTML(html: string): unknown } } }
).trustedTypes?.createPolicy("bocau-parse", { createHTML: (html: string) => html }) ?? { createHTML: (html: string) => html };

/** Pictures of the message itself: `cid:` becomes an address that this page may load. */
function withPictures(root: ParentNode, attached: Attached[]): void {
  for (const image of root.querySelectorAll<HTMLImageElement>("img[src^='cid:' i]")) {
    const cid = decodeURIComponent((image.getAttribute("src") ?? "").slice(4));
    const found = attached.find((one) => one.cid === cid);
    if (found?.blobId == null) continue;
    image.setAttribute("data-cid", cid);
    image.setAttribute("src", downloadUrl(found.blobId, found.name, found.type));
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
  withPictures(page, attached);
  for (const element of page.querySelectorAll<HTMLElement>("[style]")) {
    const style = (element.getAttribute("style") ?? "").replaceAll(/\s/gu, "");
    const name = Object.keys(STYLES).find((key) => style.includes(STYLES[key] ?? ""));
    if (name !== undefined) element.classList.add(name);
  }
  return { own: page.body.innerHTML, quote: quote?.innerHTML ?? null };
}

/** The server gives pictures from elsewhere in a quotation as `data-src`, so that nothing loads on the way. */
function withAddresses(quote: string): string {
  const page = parsed(quote);
  for (const image of page.querySelectorAll("img[data-src]")) {
    image.setAttribute("src", image.getAttribute("data-src") ?? "");
    image.removeAttribute("data-src");
  }
  return page.body.innerHTML;
}

/** Html for the wire: pictures by content id, styles instead of classes, the quotation at the end. */
export function outgoing(html: string, quote: string | null): string {
  const page = parsed(html);
  for (const image of page.querySelectorAll("img[data-cid]")) {
    image.setAttribute("src", `cid:${encodeURIComponent(image.getAttribute("data-cid") ?? "").replaceAll("%40", "@")}`);
    image.removeAttribute("data-cid");
  }
  for (const element of page.querySelectorAll("[class]")) {
    const styles = [...element.classList].map((name) => STYLES[name]).filter((style) => style !== undefined);
    if (styles.length > 0) element.setAttribute("style", styles.join(";"));
    if (!element.classList.contains(SIGNATURE)) element.removeAttribute("class");
  }
  const end = quote === null ? "" : `<div class="${QUOTE}">${withAddresses(quote)}</div>`;
  return `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>${page.body.innerHTML}${end}</body></html>`;
}

/** The content ids that a text uses. */
export function usedCids(html: string): Set<string> {
  return new Set([...parsed(html).querySelectorAll("img[data-cid]")].map((one) => one.getAttribute("data-cid") ?? ""));
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
  return page.body.innerHTML;
}

/** What the person wrote, without signature. */
export function ownText(html: string): string {
  const page = parsed(html);
  page.querySelector(`.${SIGNATURE}`)?.remove();
  return textOf(page.body);
}

const BLOCKS = new Set(["DIV", "P", "H1", "H2", "H3", "H4", "UL", "OL", "TABLE", "TR", "PRE", "HR", "BLOCKQUOTE", "LI"]);

/** Html as plain text, for programs that show no other, and when the person changes to plain text. */
export function plainOf(html: string): string {
  return textOf(parsed(html).body);
}

function textOf(root: Node): string {
  return inner(root)
    .replaceAll(/[^\S\n]+\n/gu, "\n")
    .replaceAll(/\n{3,}/gu, "\n\n")
    .replace(/^\n+|\s+$/gu, "");
}

function inner(node: Node): string {
  let text = "";
  for (const child of node.childNodes) {
    const one = textOfNode(child);
    const isBlock = child instanceof Element && BLOCKS.has(child.nodeName);
    if (isBlock && text !== "" && !text.endsWith("\n")) text += "\n";
    text += one;
    if (isBlock && !text.endsWith("\n")) text += "\n";
  }
  return text;
}

function textOfNode(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return (node.nodeValue ?? "").replaceAll(/[\n\t ]+/gu, " ").replaceAll("\u200b", "").replaceAll("\u00a0", " ");
  if (!(node instanceof Element)) return "";
  switch (node.nodeName) {
    case "BR":
      return "\n";
    case "HR":
      return "----\n";
    case "IMG":
      return node.getAttribute("alt") ?? "";
    case "STYLE":
    case "SCRIPT":
    case "TITLE":
      return "";
    case "BLOCKQUOTE":
      return `${quotedText(textOf(node))}\n`;
    case "LI":
      return `${bulletOf(node)} ${inner(node).trim()}\n`;
    case "PRE":
      return `${node.textContent ?? ""}\n`;
    case "A":
      return linkText(node);
    default:
      return node.classList.contains(QUOTE) ? `${textOf(node)}\n` : inner(node);
  }
}

function bulletOf(item: Element): string {
  if (item.parentElement?.nodeName !== "OL") return "-";
  return `${[...item.parentElement.children].indexOf(item) + 1}.`;
}

function linkText(link: Element): string {
  const text = inner(link);
  const href = (link.getAttribute("href") ?? "").replace(/^mailto:/u, "");
  return href === "" || text.includes(href.replace(/^https?:\/\//u, "").replace(/\/$/u, "")) ? text : `${text} <${href}>`;
}

/** Plain text as html, for when the person changes to rich text. */
export function htmlOf(text: string): string {
  return text
    .split("\n")
    .map((line) => `<div>${line === "" ? "<br>" : escaped(line)}</div>`)
    .join("");
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
