/** From where a message begins to a draft that can be written: new, answer, forward, or a saved one. */
import * as m from "words";
import { call, send } from "$/jmap/client";
import type { Address, GetResponse, Id } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import type { ComposeMode, ComposeStart } from "$/routes";
import { locale } from "$/words/language.svelte";
import { Draft } from "./draft.svelte";
import { editable, split, usedCids } from "./html";
import { find, type Kept } from "./kept";
import { CITED } from "./look";
import { escaped, htmlOf, plainOf } from "./plain";
import { forwardSubject, quotedText, referencesOf, replySubject } from "./quoting";
import { identityOf, replyRecipients } from "./recipients";
import { sign } from "./signatures";
import { FULL_PROPERTIES, PART_PROPERTIES, type FullEmail, type Identity, type Quotation } from "./types";
import { parseWritten, unique, written } from "./written";

export class Gone extends Error {}

/** Gone when the email does not exist any more; Offline and others as `send` raises them. */
export async function started(start: ComposeStart): Promise<Draft> {
  const draft = new Draft();
  const identities = call<GetResponse<Identity>>("Identity/get", { ids: null });
  if ("draftId" in start) await resume(draft, start.draftId, identities);
  else if ("mode" in start) await respond(draft, start.mode, start.emailId, identities);
  else {
    draft.identities = (await identities).list;
    draft.to = parseWritten(start.to);
    draft.cc = parseWritten(start.cc);
    draft.bcc = parseWritten(start.bcc);
    draft.subject = start.subject;
    draft.bcc = unique([...draft.bcc, ...(draft.identity?.bcc ?? [])]);
    begin(draft, start.body);
  }
  draft.settle();
  return draft;
}

/** What this tab was writing when it was reloaded or crashed; null: nothing. */
export async function takenUp(key: string): Promise<Draft | null> {
  const kept = find(key);
  return kept === null ? null : revived(kept);
}

/** What could not be saved before, to be saved soon. */
export async function revived(kept: Kept): Promise<Draft> {
  const draft = new Draft();
  draft.identities = (await call<GetResponse<Identity>>("Identity/get", { ids: null })).list;
  draft.revive(kept);
  await draft.catchUp();
  // Pictures were shown from addresses that ended with their page.
  draft.html = editable(draft.html, draft.attachments.all);
  return draft;
}

async function read(id: Id): Promise<{ email: FullEmail; quoteHtml: string }> {
  const [answer, view] = await send([
    ["Email/get", { ids: [id], properties: FULL_PROPERTIES, bodyProperties: PART_PROPERTIES, fetchTextBodyValues: true, fetchHTMLBodyValues: true }],
    ["EmailView/get", { ids: [id], images: "blocked", properties: ["id", "quoteHtml"] }],
  ]);
  const email = (answer?.["list"] as FullEmail[])[0];
  if (email === undefined) throw new Gone();
  const quoteHtml = (view?.["list"] as { quoteHtml: string }[])[0]?.quoteHtml ?? "";
  return { email, quoteHtml };
}

/** An empty message in the format that the person likes, with the signature. */
function begin(draft: Draft, body: string): void {
  draft.identityId ||= draft.identities[0]?.id ?? "";
  draft.isPlain = preferences.values.plainText;
  sign(draft, body);
}

// --- answers ----------------------------------------------------------------------------------

type Identities = Promise<GetResponse<Identity>>;

async function respond(draft: Draft, mode: ComposeMode, emailId: Id, identities: Identities): Promise<void> {
  const [{ email, quoteHtml }, known] = await Promise.all([read(emailId), identities]);
  draft.identities = known.list;
  if (mode === "editAsNew") return takeContent(draft, email, false);
  const own = known.list.map((one) => one.email);
  draft.identityId = identityOf(known.list, email)?.id ?? "";
  if (mode === "forward") {
    draft.subject = forwardSubject(email.subject);
    draft.answers = { emailId, keyword: "$forwarded" };
    draft.attachments.take(email.attachments);
  } else {
    const { to, cc } = replyRecipients(email, own, mode === "replyAll");
    draft.to = to;
    draft.cc = cc;
    draft.subject = replySubject(email.subject);
    draft.inReplyTo = email.messageId;
    draft.answers = { emailId, keyword: "$answered" };
    const shown = usedCids(quoteHtml);
    draft.attachments.take(email.attachments.filter((part) => part.cid !== null && shown.has(part.cid)));
  }
  draft.references = referencesOf(email);
  draft.quotedFrom = emailId;
  draft.quotation = mode === "forward" ? forwarded(email, quoteHtml) : quoted(email, quoteHtml);
  begin(draft, "");
}

function quoted(email: FullEmail, html: string): Quotation {
  const values = { name: nameOf(email.from?.[0]), date: dateOf(email) };
  const heading = m.composeWrote(values);
  const body = html || htmlOf(textOf(email));
  return {
    heading: `<div>${escaped(heading)}</div>`,
    html: `<blockquote type="cite" style="${CITED}">${body}</blockquote>`,
    text: `${heading}\n${quotedText(textOf(email) || plainOf(html))}`,
  };
}

function forwarded(email: FullEmail, html: string): Quotation {
  const lines = [
    `---------- ${m.composeForwarded()} ----------`,
    `${m.composeFrom()}: ${many(email.from)}`,
    `${m.composeDate()}: ${dateOf(email)}`,
    `${m.composeSubject()}: ${email.subject ?? ""}`,
    `${m.composeTo()}: ${many(email.to)}`,
    ...(email.cc?.length ? [`${m.composeCc()}: ${many(email.cc)}`] : []),
  ];
  return {
    heading: `<div>${lines.map(escaped).join("<br>")}</div><br>`,
    html: html || htmlOf(textOf(email)),
    text: `${lines.join("\n")}\n\n${textOf(email) || plainOf(html)}`,
  };
}

function textOf(email: FullEmail): string {
  const plain = email.textBody.filter((part) => part.type === "text/plain" && part.partId !== null);
  return plain.map((part) => email.bodyValues[part.partId ?? ""]?.value ?? "").join("\n");
}

function nameOf(address: Address | undefined): string {
  return address === undefined ? "" : (address.name ?? "") || address.email;
}

function many(addresses: Address[] | null): string {
  return (addresses ?? []).map(written).join(", ");
}

function dateOf(email: FullEmail): string {
  const at = new Date(email.sentAt ?? email.receivedAt);
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short" }).format(at);
}

// --- saved drafts -----------------------------------------------------------------------------

async function resume(draft: Draft, id: Id, identities: Identities): Promise<void> {
  const [{ email }, known] = await Promise.all([read(id), identities]);
  draft.identities = known.list;
  draft.savedId = id;
  draft.copies = [draft.messageId, ...(email.messageId ?? [])];
  draft.wantsReceipt = (email["header:Disposition-Notification-To:asAddresses"]?.length ?? 0) > 0;
  takeContent(draft, email, true);
}

function takeContent(draft: Draft, email: FullEmail, isDraft: boolean): void {
  const from = email.from?.[0]?.email.toLowerCase();
  const identity = draft.identities.find((one) => one.email.toLowerCase() === from);
  draft.identityId = (identity ?? draft.identities[0])?.id ?? "";
  draft.to = email.to ?? [];
  draft.cc = email.cc ?? [];
  draft.bcc = email.bcc ?? [];
  draft.subject = email.subject ?? "";
  if (isDraft) {
    draft.inReplyTo = email.inReplyTo;
    draft.references = email.references;
  }
  draft.attachments.take(email.attachments);
  takeBody(draft, email, isDraft);
}

function takeBody(draft: Draft, email: FullEmail, isDraft: boolean): void {
  const html = email.htmlBody.find((part) => part.type === "text/html" && part.partId !== null);
  if (html === undefined) {
    draft.isPlain = true;
    draft.text = textOf(email);
    return;
  }
  const value = email.bodyValues[html.partId ?? ""]?.value ?? "";
  if (!isDraft) {
    // Somebody else may have made our mark of a quotation, which is sent as it is: all of it is cleaned here.
    draft.html = editable(value, draft.attachments.all);
    return;
  }
  const { own, quote } = split(value, draft.attachments.all);
  draft.html = own;
  if (quote === null) return;
  draft.quotation = { heading: "", html: quote, text: plainOf(quote) };
}
