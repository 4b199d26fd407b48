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
