/** JMAP objects as the webmail uses them (RFC 8620, RFC 8621; docs/jmap.md for what is bocau's own). */

export type Id = string;

export interface SessionObject {
  username: string;
  apiUrl: string;
  downloadUrl: string;
  uploadUrl: string;
  eventSourceUrl: string;
  state: string;
  capabilities: Record<string, Record<string, unknown>>;
  accounts: Record<Id, { name: string; isReadOnly: boolean; accountCapabilities: Record<string, Record<string, unknown>> }>;
  primaryAccounts: Record<string, Id>;
}

/** What a page starts with (docs/jmap.md, “Web sessions”). */
export interface Boot {
  csrf: string;
  session: SessionObject;
  preferences: Record<string, unknown>;
  /** Null: they could not be told at once. */
  mailboxes: GetResponse<Mailbox> | null;
  /** The moment before all this was read; "": not known. */
  pushState: string;
}

export type Role = "inbox" | "archive" | "drafts" | "sent" | "junk" | "trash" | "flagged" | "important" | "all";

export interface Mailbox {
  id: Id;
  name: string;
  parentId: Id | null;
  role: Role | null;
  sortOrder: number;
  totalEmails: number;
  unreadEmails: number;
  totalThreads: number;
  unreadThreads: number;
  isSubscribed: boolean;
  myRights: MailboxRights;
}

export interface MailboxRights {
  mayReadItems: boolean;
  mayAddItems: boolean;
  mayRemoveItems: boolean;
  maySetSeen: boolean;
  maySetKeywords: boolean;
  mayCreateChild: boolean;
  mayRename: boolean;
  mayDelete: boolean;
  maySubmit: boolean;
}

export interface Address {
  name: string | null;
  email: string;
}

/** An email as the list needs it. */
export interface EmailHead {
  id: Id;
  threadId: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  from: Address[] | null;
  to: Address[] | null;
  subject: string | null;
  receivedAt: string;
  size: number;
  hasAttachment: boolean;
  preview: string;
}

export interface Thread {
  id: Id;
  emailIds: Id[];
}

export type Filter = FilterOperator | FilterCondition;

export interface FilterOperator {
  operator: "AND" | "OR" | "NOT";
  conditions: Filter[];
}

/** RFC 8621 §4.4.1. */
export interface FilterCondition {
  inMailbox?: Id;
  inMailboxOtherThan?: Id[];
  before?: string;
  after?: string;
  minSize?: number;
  maxSize?: number;
  hasKeyword?: string;
  notKeyword?: string;
  allInThreadHaveKeyword?: string;
  someInThreadHaveKeyword?: string;
  noneInThreadHaveKeyword?: string;
  hasAttachment?: boolean;
  text?: string;
  from?: string;
  to?: string;
  cc?: string;
  bcc?: string;
  subject?: string;
  body?: string;
  header?: string[];
}

export interface SearchSnippet {
  emailId: Id;
  subject: string | null;
  preview: string | null;
}

export interface Quota {
  id: Id;
  resourceType: "octets" | "count";
  used: number;
  hardLimit: number;
  scope: string;
}

export interface EmailBatch {
  id: Id;
  total: number;
  done: number;
  failed: number;
  status: "waiting" | "running" | "done" | "canceled" | "undone";
  canUndo: boolean;
  createdAt: string;
}

/** Null takes a property away, as RFC 8620 §5.3 has it. */
export type Patch = Record<string, unknown>;

export interface SetError {
  type: string;
  description?: string;
  properties?: string[];
}

export interface GetResponse<T> {
  accountId: Id;
  state: string;
  list: T[];
  notFound: Id[];
}

export interface QueryResponse {
  accountId: Id;
  queryState: string;
  canCalculateChanges: boolean;
  position: number;
  ids: Id[];
  total?: number;
}

export interface QueryChangesResponse {
  oldQueryState: string;
  newQueryState: string;
  /** When it was asked for. */
  total?: number;
  removed: Id[];
  added: { id: Id; index: number }[];
}

export interface ChangesResponse {
  oldState: string;
  newState: string;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}

export interface SetResponse {
  oldState: string | null;
  newState: string;
  created: Record<string, Record<string, unknown> & { id: Id }> | null;
  updated: Record<Id, Record<string, unknown> | null> | null;
  destroyed: Id[] | null;
  notCreated: Record<string, SetError> | null;
  notUpdated: Record<Id, SetError> | null;
  notDestroyed: Record<Id, SetError> | null;
}
