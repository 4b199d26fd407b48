/** Subjects and quotations of answers. */

const REPLY = /^(?:\s*(?:re|sv|aw|antw|tl|trả lời|vs|odp)\s*(?:\[\d+\])?\s*[:：])+\s*/iu;
const FORWARD = /^(?:\s*(?:fwd?|wg|chuyển tiếp|tr|vb)\s*[:：])+\s*/iu;

/** “Re: ” once, whatever the other side's program calls it. */
export function replySubject(subject: string | null): string {
  return `Re: ${(subject ?? "").replace(REPLY, "").trim()}`.trimEnd();
}

export function forwardSubject(subject: string | null): string {
  return `Fwd: ${(subject ?? "").replace(FORWARD, "").trim()}`.trimEnd();
}

/** Message-IDs for References: those of the answered message and its own (RFC 5322 §3.6.4). */
export function referencesOf(email: { messageId: string[] | null; inReplyTo: string[] | null; references: string[] | null }): string[] {
  const before = email.references ?? (email.inReplyTo?.length === 1 ? email.inReplyTo : []);
  const all = [...before, ...(email.messageId ?? [])];
  return all.length <= REFERENCES_MAX ? all : [...all.slice(0, 1), ...all.slice(1 - REFERENCES_MAX)];
}
const REFERENCES_MAX = 50;

/** The text of a message with a “>” before each line. */
export function quotedText(text: string): string {
  return text
    .replace(/\s+$/u, "")
    .split("\n")
    .map((line) => (line.startsWith(">") || line === "" ? `>${line}` : `> ${line}`))
    .join("\n");
}
