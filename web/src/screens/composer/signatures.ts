/** Signatures in plain text, and on the way to rich text. */
import { signatureHtml } from "./html";
import { htmlOf } from "./plain";
import type { Identity } from "./types";

function below(identity: Identity | undefined): string {
  return identity?.textSignature ? `\n\n-- \n${identity.textSignature}` : "";
}

/** The text with another identity's signature. */
export function exchangedSignature(text: string, before: Identity | undefined, after: Identity | undefined): string {
  const old = below(before);
  return old !== "" && text.includes(old) ? text.replace(old, () => below(after)) : text + below(after);
}

/** As html; the signature stays one that can be exchanged. */
export function markedSignature(text: string, identity: Identity | undefined): string {
  const old = below(identity);
  if (old === "" || !text.endsWith(old)) return htmlOf(text);
  return htmlOf(text.slice(0, -old.length)) + signatureHtml(htmlOf(identity?.textSignature ?? ""));
}
