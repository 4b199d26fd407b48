/** Signatures under what is written: put there, exchanged with the identity, and carried from one format to the other. */
import { clean } from "./clean";
import type { Draft } from "./draft.svelte";
import { editable, signatureHtml, usedCids, withSignature } from "./html";
import { inside } from "./parsed";
import { htmlOf, plainOf } from "./plain";
import type { Identity } from "./types";

/** For the editor, as the element that is exchanged; "": none. Whoever wrote it, only what may enter the editor is left. */
export function richSignature(identity: Identity | undefined): string {
  if (!identity?.htmlSignature) return signatureHtml(identity?.textSignature ? htmlOf(identity.textSignature) : "");
  const holder = document.createElement("div");
  holder.append(clean(editable(identity.htmlSignature, [])));
  return signatureHtml(inside(holder));
}

function below(identity: Identity | undefined): string {
  return identity?.textSignature ? `\n\n-- \n${identity.textSignature}` : "";
}

/** An empty message's text, in the draft's own format. */
export function sign(draft: Draft, body: string): void {
  if (draft.isPlain) draft.text = body + below(draft.identity);
  else draft.html = withSignature(htmlOf(body), richSignature(draft.identity));
}

/** The plain text with another identity's signature. */
export function exchangedSignature(text: string, before: Identity | undefined, after: Identity | undefined): string {
  const old = below(before);
  return old !== "" && text.includes(old) ? text.replace(old, () => below(after)) : text + below(after);
}

/** From rich text to plain, or back; a signature that was left as it was is told as each format has it. */
export function exchangeFormat(draft: Draft): void {
  const { identity } = draft;
  const rich = richSignature(identity);
  if (draft.isPlain) draft.html = withTail(draft.text, below(identity), (own) => withSignature(htmlOf(own), rich), htmlOf);
  else {
    const text = plainOf(draft.html);
    draft.text = withTail(text, plainOf(rich), (own) => own.trimEnd() + below(identity), String);
    dropLogos(draft);
  }
  draft.isPlain = !draft.isPlain;
}

function withTail(text: string, tail: string, signed: (own: string) => string, other: (text: string) => string): string {
  return tail !== "" && text.endsWith(tail) ? signed(text.slice(0, -tail.length)) : other(text);
}

/** Pictures of a signature are no attachments of a plain message. */
function dropLogos(draft: Draft): void {
  const html = draft.attachments.named(draft.html);
  const kept = usedCids(withSignature(html, ""));
  const logos = usedCids(html);
  draft.attachments.all = draft.attachments.all.filter((one) => one.cid === null || kept.has(one.cid) || !logos.has(one.cid));
}
