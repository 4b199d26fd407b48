/**
 * Html as a document that is never shown and runs nothing. What is shown of it goes through `clean`.
 *
 * Styles bear another name in it: even there the Content-Security-Policy would look at them, and complain.
 */

const policy = (
  globalThis as unknown as { trustedTypes?: { createPolicy(name: string, rules: object): { createHTML(html: string): unknown } } }
).trustedTypes?.createPolicy("bocau-parse", { createHTML: (html: string) => html }) ?? { createHTML: (html: string) => html };

/** What `style` is called; no text has it by chance. */
export const STYLE = `data-${crypto.randomUUID()}`;
/** Up to the next "<" alone: looking further, again from each "<", would never end. */
const TAG = /<[a-z][^<>]*>/giu;
const STYLE_IN_TAG = /([\s"'/])style(?=\s*=)/giu;

export function parsed(html: string): Document {
  const renamed = html.replaceAll(TAG, (tag) => tag.replaceAll(STYLE_IN_TAG, `$1${STYLE}`));
  const page = new DOMParser().parseFromString(policy.createHTML(renamed) as unknown as string, "text/html");
  freeNames(page);
  return page;
}

/**
 * Take away the names that stand before a document's or a form's own: `<img name="body">` would be `page.body`,
 * `<input name="childNodes">` its form's children (HTML §3.1.7, §4.10.3).
 */
function freeNames(page: Document): void {
  const elements = document.createTreeWalker(page, NodeFilter.SHOW_ELEMENT);
  for (let one = elements.nextNode(); one !== null; one = elements.nextNode()) {
    for (const name of ["name", "id"]) {
      const said = getAttribute.call(one as Element, name);
      if (said !== null && OWN.some((own) => said in own)) removeAttribute.call(one as Element, name);
    }
  }
}
// A form's own methods may be such names, too.
const { getAttribute, removeAttribute } = Element.prototype;
const OWN = [Document.prototype, HTMLFormElement.prototype];

/** A text that has been in such a document, as it was. */
export function restored(text: string): string {
  return text.replaceAll(STYLE, "style");
}

/** What is within an element of such a document, as html. */
export function inside(element: Element): string {
  return restored(element.innerHTML);
}
