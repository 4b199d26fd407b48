/** Squire, kept from what a strict Content-Security-Policy forbids: strings that become nodes, style attributes. */
import Squire from "squire-rte";
import { clean, cleanKept } from "./clean";

export class Editor extends Squire {
  constructor(root: HTMLElement, changed: () => void) {
    super(root, {
      blockTag: "DIV",
      sanitizeToDOMFragment: (html: string) => clean(html),
      toPlainText: null,
      tagAttributes: { a: { target: "_blank", rel: "noopener noreferrer" } },
    } as ConstructorParameters<typeof Squire>[1]);
    this.addEventListener("input", changed);
    // The app's own: sending and closing.
    this.setKeyHandler("Escape", null);
    this.setKeyHandler("Enter", (_, event, range) => this.#newLine(event, range));
  }

  /** A line begins as the one before has ended, also when a format was just switched off. */
  #newLine(event: KeyboardEvent, range: Range): void {
    event.preventDefault();
    const off = EMPHASIS.filter((tag) => !this.hasFormat(tag));
    this.splitBlock(event.shiftKey, range);
    for (const tag of off) if (this.hasFormat(tag)) this.changeFormat(null, { tag });
  }

  /** A line that is broken at the end of its block needs a second <br>: the last one is not seen. */
  override splitBlock(lineBreak: boolean, range?: Range): this {
    super.splitBlock(lineBreak, range);
    if (lineBreak) this.#showLastLine(this.getSelection());
    return this;
  }

  #showLastLine(here: Range): void {
    const { startContainer: parent, startOffset: at } = here;
    const block = parent instanceof Element ? parent.closest("div, li, p, td, th, h1, h2, h3, h4, blockquote") : null;
    if (block === null || parent.childNodes[at - 1]?.nodeName !== "BR") return;
    const rest = document.createRange();
    rest.selectNodeContents(block);
    rest.setStart(parent, at);
    const after = rest.cloneContents();
    if (after.textContent !== "" || after.querySelector("img, br") !== null) return;
    parent.insertBefore(document.createElement("br"), parent.childNodes[at] ?? null);
    here.setStart(parent, at);
    here.collapse(true);
    this.setSelection(here);
  }

  /** Undo and redo put saved html back; it goes the way of everything else. */
  override _setRawHTML(html: string): this {
    this.getRoot().replaceChildren(cleanKept(html));
    if (this.getRoot().firstChild === null) this.getRoot().append(this.createDefaultBlock());
    (this as unknown as { _ignoreChange: boolean })._ignoreChange = true;
    return this;
  }

  /** One class of a kind ("size-", "color-") on what is selected; null takes it away. */
  classed(kind: string, name: string | null): void {
    const others = [...CLASSES].filter((one) => one.startsWith(kind) && one !== name);
    for (const other of others) this.changeFormat(null, { tag: "SPAN", attributes: { class: other } }, undefined, true);
    if (name !== null) this.changeFormat({ tag: "SPAN", attributes: { class: name } }, null);
    this.focus();
  }
}

const EMPHASIS = ["B", "STRONG", "I", "EM", "U", "S"] as const;
const CLASSES = ["size-small", "size-large", "size-huge", "color-1", "color-2", "color-3", "color-4", "color-5"] as const;

/** What the cursor stands in, from Squire's path. */
export interface Formats {
  bold: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  bullets: boolean;
  numbers: boolean;
  quote: boolean;
  link: boolean;
}

export function formatsOf(editor: Editor): Formats {
  const path = editor.getPath();
  const within = (tag: string) => new RegExp(`(^|>)${tag}(?![A-Z0-9])`, "u").test(path);
  return {
    bold: editor.hasFormat("B") || editor.hasFormat("STRONG"),
    italic: editor.hasFormat("I") || editor.hasFormat("EM"),
    underline: editor.hasFormat("U"),
    strike: editor.hasFormat("S"),
    bullets: within("UL"),
    numbers: within("OL"),
    quote: within("BLOCKQUOTE"),
    link: editor.hasFormat("A"),
  };
}
