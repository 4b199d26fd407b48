/** One request for a stretch of a list, with all that its rows show. */
import { type Call, call, ref, sendRaw } from "$/jmap/client";
import type { Invocation } from "$/jmap/batch";
import type { EmailHead, Filter, GetResponse, Id, QueryResponse, SearchSnippet, Thread } from "$/jmap/types";
import { needed, wished } from "./answers";
import { HEAD_PROPERTIES } from "./emails.svelte";

export interface ListQuery {
  filter: Filter;
  collapseThreads: boolean;
  /** Whether rows show where the words were found. */
  hasWords: boolean;
}

/** From a position, or around an email that is on the screen. */
export type From = { position: number } | { anchor: Id; anchorOffset: number };

export interface Range {
  query: QueryResponse;
  heads: EmailHead[];
  threads: Thread[];
  snippets: SearchSnippet[];
  /** From before the list was made: news from in between are heard of. */
  emailState: string;
  /** When it goes out, of scheduled mail. */
  sendAt: Map<Id, string>;
}

export const NEWEST_FIRST = [{ property: "receivedAt", isAscending: false }];

/** MethodFailed anchorNotFound when the anchor has left the list. */
export async function readRange(query: ListQuery, from: From, limit: number): Promise<Range> {
  const { filter, collapseThreads } = query;
  const calls: Call[] = [
    ["Email/get", { ids: [] }],
    ["Email/query", { filter, sort: NEWEST_FIRST, collapseThreads, calculateTotal: true, limit, ...from }],
    ["Email/get", { "#ids": ref(1, "Email/query", "/ids"), properties: HEAD_PROPERTIES }],
  ];
  if (collapseThreads) {
    calls.push(
      ["Thread/get", { "#ids": ref(2, "Email/get", "/list/*/threadId") }],
      ["Email/get", { "#ids": ref(3, "Thread/get", "/list/*/emailIds"), properties: HEAD_PROPERTIES }],
    );
  }
  if (query.hasWords) calls.push(["SearchSnippet/get", { filter, "#emailIds": ref(1, "Email/query", "/ids") }]);
  const responses = await sendRaw(calls);
  const range = gathered(responses, query);
  // Conversations too long for one answer.
  return collapseThreads && range.threads.length === 0 ? withThreads(range, wished<GetResponse<Thread>>(responses[3])?.list ?? []) : range;
}

/** What is asked for by one Email/get, and by one request. */
const HEADS_AT_ONCE = 500;
const HEADS_MAX = 16 * HEADS_AT_ONCE;

async function withThreads(range: Range, threads: Thread[]): Promise<Range> {
  const ids = threads.flatMap((one) => one.emailIds).slice(0, HEADS_MAX);
  if (ids.length === 0) return range;
  const calls = Array.from({ length: Math.ceil(ids.length / HEADS_AT_ONCE) }, (_, index): Call => {
    return ["Email/get", { ids: ids.slice(index * HEADS_AT_ONCE, (index + 1) * HEADS_AT_ONCE), properties: HEAD_PROPERTIES }];
  });
  const more = (await sendRaw(calls)).flatMap((one) => wished<GetResponse<EmailHead>>(one)?.list ?? []);
  return { ...range, heads: [...more, ...range.heads], threads };
}

/** Rows that are newer than a moment. */
export async function countAfter({ filter, collapseThreads }: ListQuery, moment: Date): Promise<number> {
  const newer: Filter = { after: moment.toISOString().replace(/\.\d+Z$/, "Z") };
  const args = { filter: { operator: "AND", conditions: [filter, newer] }, collapseThreads, calculateTotal: true, limit: 1 };
  return (await call<QueryResponse>("Email/query", args)).total ?? 0;
}

/** Mail that the server holds until its time (RFC 8621 §7), the next first. */
export async function readScheduled(): Promise<Range> {
  const responses = await sendRaw([
    ["EmailSubmission/query", { filter: { undoStatus: "pending" }, sort: [{ property: "sentAt", isAscending: true }] }],
    ["EmailSubmission/get", { "#ids": ref(0, "EmailSubmission/query", "/ids"), properties: ["emailId", "sendAt", "undoStatus"] }],
    ["Email/get", { "#ids": ref(1, "EmailSubmission/get", "/list/*/emailId"), properties: HEAD_PROPERTIES }],
  ]);
  const submissions = needed<GetResponse<{ emailId: Id; sendAt: string }>>(responses[1], "EmailSubmission/get").list;
  const heads = needed<GetResponse<EmailHead>>(responses[2], "Email/get");
  const known = new Set(heads.list.map((one) => one.id));
  const ids = [...new Set(submissions.map((one) => one.emailId))].filter((id) => known.has(id));
  const query = { ...needed<QueryResponse>(responses[0], "EmailSubmission/query"), ids, position: 0, total: ids.length };
  const sendAt = new Map(submissions.map((one) => [one.emailId, one.sendAt]));
  return { query, heads: heads.list, threads: [], snippets: [], emailState: heads.state, sendAt };
}

function gathered(responses: Invocation[][], query: ListQuery): Range {
  const { state } = needed<GetResponse<EmailHead>>(responses[0], "Email/get");
  const heads = needed<GetResponse<EmailHead>>(responses[2], "Email/get");
  const threads = query.collapseThreads ? wished<GetResponse<Thread>>(responses[3]) : null;
  const others = query.collapseThreads ? wished<GetResponse<EmailHead>>(responses[4]) : null;
  const snippets = query.hasWords ? wished<{ list: SearchSnippet[] }>(responses.at(-1)) : null;
  return {
    query: needed<QueryResponse>(responses[1], "Email/query"),
    heads: [...(others?.list ?? []), ...heads.list],
    threads: others === null ? [] : (threads?.list ?? []),
    snippets: snippets?.list ?? [],
    emailState: state,
    sendAt: new Map(),
  };
}
