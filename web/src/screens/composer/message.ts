/** A draft as the email that it will be (RFC 8621 §4.6). */
import type { Address, Id } from "$/jmap/types";
import { mailboxes } from "$/store/mailboxes.svelte";
import type { Attached } from "./attachments.svelte";
import type { Draft } from "./draft.svelte";
import { outgoing, usedCids } from "./html";
import { plainOf } from "./plain";

export function draftsId(): Id {
  const drafts = mailboxes.byRole("drafts");
  if (drafts === undefined) throw new Error("no drafts folder");
  return drafts.id;
}

export function emailOf(draft: Draft): Record<string, unknown> {
  const { identity } = draft;
  const receipt = [{ name: null, email: identity?.email ?? "" }];
  return {
    mailboxIds: { [draftsId()]: true },
    keywords: { $draft: true, $seen: true },
    messageId: [draft.messageId],
    from: identity === undefined ? null : [{ name: identity.name || null, email: identity.email }],
    to: orNull(draft.to),
    cc: orNull(draft.cc),
    bcc: orNull(draft.bcc),
    replyTo: identity?.replyTo ?? null,
    subject: draft.subject,
    inReplyTo: draft.inReplyTo,
    references: draft.references,
    ...(draft.wantsReceipt && identity !== undefined ? { "header:Disposition-Notification-To:asAddresses": receipt } : {}),
    ...bodyOf(draft),
  };
}

function bodyOf(draft: Draft): Record<string, unknown> {
  const attached = draft.attachments.all.filter((one) => one.blobId !== null);
  const { quotation } = draft;
  const quote = quotation === null ? null : quotation.heading + quotation.html;
  const quoted = usedCids(quote ?? "");
  if (draft.isPlain) {
    // Pictures that only the quotation shows would come without it.
    const own = attached.filter((one) => one.cid === null || !quoted.has(one.cid));
    const text = [draft.text, quotation?.text ?? ""].filter((part) => part !== "").join("\n\n");
    return { ...bodies({ text }), attachments: own.map((one) => partOf(one, false)) };
  }
  const own = draft.attachments.named(draft.html);
  const used = new Set([...usedCids(own), ...quoted]);
  const html = outgoing(own, quote);
  const shown = attached.filter((one) => one.cid === null || used.has(one.cid));
  return { ...bodies({ html, text: plainOf(html) }), attachments: shown.map((one) => partOf(one, one.cid !== null)) };
}

function orNull(addresses: Address[]): Address[] | null {
  return addresses.length > 0 ? addresses.map(({ name, email }) => ({ name, email })) : null;
}

function bodies(values: { html?: string; text: string }): Record<string, unknown> {
  const part = (partId: string, type: string) => [{ partId, type }];
  return {
    bodyValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
    textBody: part("text", "text/plain"),
    ...(values.html === undefined ? {} : { htmlBody: part("html", "text/html") }),
  };
}

function partOf(one: Attached, isInline: boolean): Record<string, unknown> {
  const cid = isInline ? { cid: one.cid } : {};
  return { blobId: one.blobId, type: one.type, name: one.name, disposition: isInline ? "inline" : "attachment", ...cid };
}
