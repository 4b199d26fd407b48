/** Html as a document that is never shown and runs nothing. What is shown of it goes through `clean`. */

const policy = (
  globalThis as unknown as { trustedTypes?: { createPolicy(name: string, rules: object): { createHTML(html: string): unknown } } }
).trustedTypes?.createPolicy("bocau-parse", { createHTML: (html: string) => html }) ?? { createHTML: (html: string) => html };

export function parsed(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html) as unknown as string, "text/html");
}
