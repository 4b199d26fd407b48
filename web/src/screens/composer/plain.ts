/** Html as plain text and back. */
import { QUOTE, SIGNATURE } from "./look";
import { parsed } from "./parsed";
import { quotedText } from "./quoting";

const BLOCKS = new Set(["DIV", "P", "H1", "H2", "H3", "H4", "UL", "OL", "TABLE", "TR", "PRE", "HR", "BLOCKQUOTE", "LI"]);

/** For programs that show no other, and when the person changes to plain text. */
export function plainOf(html: string): string {
  return textOf(parsed(html).body);
}

/** What the person wrote, without signature and without what is quoted. */
export function ownText(html: string): string {
  const page = parsed(html);
  for (const other of page.querySelectorAll(`.${SIGNATURE}, .${QUOTE}, blockquote`)) other.remove();
  return textOf(page.body);
}

function textOf(root: Node): string {
  return inner(root)
    .replaceAll(/[^\S\n]+\n/gu, "\n")
    .replaceAll(/\n{3,}/gu, "\n\n")
    .replaceAll(/^--\n/gmu, "-- \n")
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
