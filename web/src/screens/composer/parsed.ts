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
const TAG = /<[a-z][^>]*>/giu;
const STYLE_IN_TAG = /([\s"'/])style(?=\s*=)/giu;

export function parsed(html: string): Document {
  const renamed = html.replaceAll(TAG, (tag) => tag.replaceAll(STYLE_IN_TAG, `$1${STYLE}`));
  return new DOMParser().parseFromString(policy.createHTML(renamed) as unknown as string, "text/html");
}

/** What is within an element of such a document, as html. */
export function inside(element: Element): string {
  return element.innerHTML.replaceAll(` ${STYLE}="`, ' style="');
}
