/** What the composer reads of emails, identities and submissions. */
import type { Address, Id } from "$/jmap/types";

export interface Identity {
  id: Id;
  name: string;
  email: string;
  replyTo: Address[] | null;
  bcc: Address[] | null;
  textSignature: string;
  htmlSignature: string;
}

export interface BodyPart {
  partId: string | null;
  blobId: Id | null;
  size: number;
  name: string | null;
  type: string;
  disposition: string | null;
  cid: string | null;
}

/** An email with all that answering, forwarding or going on writing needs. */
export interface FullEmail {
  id: Id;
  threadId: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  messageId: string[] | null;
  inReplyTo: string[] | null;
  references: string[] | null;
  from: Address[] | null;
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[] | null;
  replyTo: Address[] | null;
  subject: string | null;
  sentAt: string | null;
  receivedAt: string;
  textBody: BodyPart[];
  htmlBody: BodyPart[];
  attachments: BodyPart[];
  bodyValues: Record<string, { value: string; isTruncated: boolean }>;
  /** Who wants to know that it was read (RFC 8098 §2.1). */
  "header:Disposition-Notification-To:asAddresses": Address[] | null;
}

export const FULL_PROPERTIES = [
  "id", "threadId", "mailboxIds", "keywords", "messageId", "inReplyTo", "references", "from", "to", "cc", "bcc", "replyTo",
  "subject", "sentAt", "receivedAt", "textBody", "htmlBody", "attachments", "bodyValues",
  "header:Disposition-Notification-To:asAddresses",
];
export const PART_PROPERTIES = ["partId", "blobId", "size", "name", "type", "disposition", "cid"];

/** What an answer quotes: kept as it is unless the person wants to change it. */
export interface Quotation {
  /** “On … Lan wrote:” */
  heading: string;
  html: string;
  text: string;
}
