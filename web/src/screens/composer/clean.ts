/**
 * What may enter the editor, whatever was pasted, dropped, quoted or saved.
 *
 *     html → a document that runs nothing → new nodes, of the names and attributes that are listed here
 *
 * Nodes are made anew and never become text on the way, so there is nothing that a second reading could take
 * differently than the first.
 */
import { parsed, restored, STYLE } from "./parsed";
import { SIGNATURE, STYLES } from "./look";
import { isPicture } from "./pictures";

const TAGS = new Set([
  "A", "B", "BLOCKQUOTE", "BR", "CODE", "DIV", "EM", "H1", "H2", "H3", "H4", "HR", "I", "IMG", "LI", "OL", "P", "PRE", "S", "SMALL",
  "SPAN", "STRONG", "SUB", "SUP", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "U", "UL",
]);
/** They go with all that is in them; of others that are not listed, the content stays. */
const GONE = new Set([
  "APPLET", "AUDIO", "BASE", "BUTTON", "CANVAS", "EMBED", "FRAME", "FRAMESET", "HEAD", "IFRAME", "INPUT", "LINK", "MATH", "META", "NOEMBED",
  "NOFRAMES", "NOSCRIPT", "OBJECT", "OPTION", "PARAM", "SCRIPT", "SELECT", "STYLE", "SVG", "TEMPLATE", "TEXTAREA", "TITLE", "VIDEO", "XMP",
]);
/** Attributes and what they may say. */
const ATTRIBUTES: Record<string, RegExp> = {
  alt: /^/u,
  title: /^/u,
  dir: /^(?:ltr|rtl|auto)$/u,
  lang: /^[\w-]{1,20}$/u,
  colspan: /^\d{1,3}$/u,
  rowspan: /^\d{1,3}$/u,
  width: /^\d{1,4}%?$/u,
  height: /^\d{1,4}$/u,
};
const LINK = /^(?:https?|mailto|tel):/iu;
/** A picture from elsewhere would tell its server that it was seen. */
const OWN_PICTURE = /^(?:blob:|\/jmap\/download\/)/u;
const CID = /^[^\s<>"]{1,200}$/u;
const BOLD = /font-weight:(?:bold|[6-9]00)/iu;
const NOT_BOLD = /font-weight:(?:normal|[1-4]00)/iu;
const ITALIC = /font-style:italic/iu;
const UNDERLINE = /text-decoration(?:-line)?:underline/iu;
const DEPTH_MAX = 200;

export function clean(html: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  copyInto(fragment, parsed(html).body, 0);
  return fragment;
}

/** What the editor kept for undoing, with the marks of where the cursor was. */
export function cleanKept(html: string): DocumentFragment {
  const page = parsed(html);
  const marks = [...page.querySelectorAll<HTMLInputElement>("input[id]")].filter((one) => MARKS.has(one.id));
  // As words on the way, because no other program's fields come in.
  const names = marks.map((one) => [`${STYLE}-${one.id}`, one.id] as const);
  marks.forEach((one, index) => one.replaceWith(names[index]?.[0] ?? ""));
  const fragment = document.createDocumentFragment();
  copyInto(fragment, page.body, 0);
  for (const [word, id] of names) putMark(fragment, word, id);
  return fragment;
}
const MARKS = new Set(["squire-selection-start", "squire-selection-end"]);

function putMark(root: DocumentFragment, word: string, id: string): void {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode() as Text | null; text !== null; text = texts.nextNode() as Text | null) {
    const at = text.data.indexOf(word);
    if (at < 0) continue;
    const after = text.splitText(at);
    after.data = after.data.slice(word.length);
    const mark = Object.assign(document.createElement("input"), { type: "hidden", id });
    after.before(mark);
    for (const one of [text, after]) if (one.data === "") one.remove();
    return;
  }
}

function copyInto(target: Node, source: Node, depth: number): void {
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) target.appendChild(document.createTextNode(child.nodeValue ?? ""));
    else if (child instanceof HTMLElement && !GONE.has(child.nodeName)) copyElement(target, child, depth);
  }
}

function copyElement(target: Node, element: HTMLElement, depth: number): void {
  if (depth > DEPTH_MAX) {
    target.appendChild(document.createTextNode(element.textContent ?? ""));
    return;
  }
  const made = madeOf(element);
  if (made === null) return copyInto(target, element, depth + 1);
  target.appendChild(made);
  if (made instanceof Element) copyInto(inmost(made), element, depth + 1);
}

/** Its like; null: only what is in it stays. */
function madeOf(element: HTMLElement): Node | null {
  if (element.nodeName === "IMG") return pictureOf(element);
  if (!TAGS.has(element.nodeName)) return null;
  const style = (element.getAttribute(STYLE) ?? "").replaceAll(/\s/gu, "");
  // Some programs wrap all that is copied from them in a <b> that is not bold.
  if (element.nodeName === "B" && NOT_BOLD.test(style)) return null;
  const made = document.createElement(element.nodeName);
  takeAttributes(made, element);
  return element.nodeName === "SPAN" ? withEmphasis(made, style) : made;
}

function takeAttributes(made: HTMLElement, element: HTMLElement): void {
  for (const [name, allowed] of Object.entries(ATTRIBUTES)) {
    const value = element.getAttribute(name);
    if (value !== null && allowed.test(value)) made.setAttribute(name, restored(value));
  }
  const classes = [...element.classList].filter((name) => name in STYLES || name === SIGNATURE);
  if (classes.length > 0) made.className = classes.join(" ");
  const address = restored(element.getAttribute("href")?.trim() ?? "");
  if (element.nodeName !== "A" || !LINK.test(address)) return;
  made.setAttribute("href", address);
  made.setAttribute("target", "_blank");
  made.setAttribute("rel", "noopener noreferrer");
}

/** Pictures of the message or within the text itself; others leave their words. */
function pictureOf(element: HTMLElement): Node {
  const source = element.getAttribute("src") ?? "";
  const cid = element.getAttribute("data-cid") ?? "";
  const isOwn = OWN_PICTURE.test(source) && CID.test(cid);
  if (!isOwn && !isPicture(source)) return document.createTextNode(restored(element.getAttribute("alt") ?? ""));
  const made = document.createElement("img");
  takeAttributes(made, element);
  made.src = source;
  if (isOwn) made.dataset["cid"] = cid;
  return made;
}

/** Emphasis that other programs write as a style. */
function withEmphasis(span: HTMLElement, style: string): HTMLElement {
  const names = [BOLD.test(style) && "b", ITALIC.test(style) && "i", UNDERLINE.test(style) && "u"].filter((name) => name !== false);
  let inner = span;
  for (const name of names) inner = inner.appendChild(document.createElement(name));
  return span;
}

function inmost(made: Element): Element {
  let inner = made;
  while (inner.firstElementChild !== null) inner = inner.firstElementChild;
  return inner;
}
