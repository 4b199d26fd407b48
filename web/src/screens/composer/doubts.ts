/** What stands against sending, and what is asked before. */
import * as m from "words";
import { totalLimit } from "./attachments.svelte";
import type { Draft } from "./draft.svelte";
import { ownLines, speaksOfAttachment } from "./forgotten";
import { usedCids, withSignature } from "./html";
import { ownText } from "./plain";
import { isAddress } from "./written";

/** More people than this in To and Cc had better not see each other's addresses. */
export const MANY = 20;
export type Doubt = "attachment" | "subject" | "many";
const MEGABYTE = 1_000_000;
/** Base64 makes three bytes four (RFC 2045 §6.8). */
const ENCODED = 4 / 3;

export const DOUBTS: Record<Doubt, () => string> = {
  attachment: m.composeNoAttachment,
  subject: m.composeNoSubject,
  many: m.composeManySee,
};

/** The first question that was not answered yet. */
export function doubtOf(draft: Draft, answered: ReadonlySet<Doubt>): Doubt | null {
  if (!answered.has("attachment") && isForgotten(draft)) return "attachment";
  if (!answered.has("subject") && draft.subject.trim() === "") return "subject";
  if (!answered.has("many") && seeEachOther(draft)) return "many";
  return null;
}

export function seeEachOther(draft: Draft): boolean {
  return draft.to.length + draft.cc.length > MANY;
}

function isForgotten(draft: Draft): boolean {
  const { isPlain, text, html, subject, attachments } = draft;
  // The picture in a signature is not what was meant to be attached.
  const used = usedCids(withSignature(html, ""));
  if (attachments.all.some((one) => one.cid === null || used.has(one.cid))) return false;
  const words = isPlain ? ownLines(text) : ownText(html);
  // The subject of an answer is the other side's.
  const isAnswer = draft.inReplyTo !== null || draft.answers !== null;
  return speaksOfAttachment(isAnswer ? words : `${subject}\n${words}`);
}

/** Why it cannot be sent, in words; "": it can. */
export function obstacle(draft: Draft): string {
  const { recipients, attachments } = draft;
  const bad = recipients.filter((address) => !isAddress(address.email));
  if (recipients.length === 0) return m.composeNobody();
  if (bad.length > 0) return m.composeBadRecipients({ addresses: bad.map((address) => address.email).join(", ") });
  if (attachments.isWaiting) return m.composeStillUploading();
  if (attachments.all.some((file) => file.problem !== "")) return m.composeFailedFiles();
  return tooMuch(draft);
}

/** All files together are more than a message takes. */
export function tooMuch(draft: Draft): string {
  const bytes = draft.attachments.bytes * ENCODED;
  const limit = totalLimit();
  return bytes <= limit ? "" : m.composeTooMuch({ size: Math.ceil(bytes / MEGABYTE), limit: Math.floor(limit / MEGABYTE) });
}
