/** One request for a stretch of a list, with all that its rows show. */
import { type Call, call, ref, sendRaw } from "$/jmap/client";
import { MethodFailed } from "$/jmap/errors";
import type { Arguments, Invocation } from "$/jmap/batch";
import type { EmailHead, Filter, GetResponse, Id, QueryResponse, SearchSnippet, Thread } from "$/jmap/types";
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
  emailState: string;
  /** When it goes out, of scheduled mail. */
  sendAt: Map<Id, string>;
}

const NEWEST_FIRST = [{ property: "receivedAt", isAscending: false }];

/** MethodFailed anchorNotFound when the anchor has left the list. */
export async function readRange(query: ListQuery, from: From, limit: number): Promise<Range> {
  const { filter, collapseThreads } = query;
  const calls: Call[] = [
    ["Email/query", { filter, sort: NEWEST_FIRST, collapseThreads, calculateTotal: true, limit, ...from }],
    ["Email/get", { "#ids": ref(0, "Email/query", "/ids"), properties: HEAD_PROPERTIES }],
  ];
  if (collapseThreads) {
    calls.push(
      ["Thread/get", { "#ids": ref(1, "Email/get", "/list/*/threadId") }],
      ["Email/get", { "#ids": ref(2, "Thread/get", "/list/*/emailIds"), properties: HEAD_PROPERTIES }],
    );
  }
  if (query.hasWords) calls.push(["SearchSnippet/get", { filter, "#emailIds": ref(0, "Email/query", "/ids") }]);
  return gathered(await sendRaw(calls), query);
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
  const heads = needed<GetResponse<EmailHead>>(responses[1], "Email/get");
  const threads = query.collapseThreads ? wished<GetResponse<Thread>>(responses[2]) : null;
  // Threads too long for one answer are shown by their newest email alone.
  const others = query.collapseThreads ? wished<GetResponse<EmailHead>>(responses[3]) : null;
  const snippets = query.hasWords ? wished<{ list: SearchSnippet[] }>(responses.at(-1)) : null;
  return {
    query: needed<QueryResponse>(responses[0], "Email/query"),
    heads: [...(others?.list ?? []), ...heads.list],
    threads: others === null ? [] : (threads?.list ?? []),
    snippets: snippets?.list ?? [],
    emailState: heads.state,
    sendAt: new Map(),
  };
}

function needed<T>(response: Invocation[] | undefined, method: string): T {
  const [name, args] = first(response);
  if (name === "error") throw new MethodFailed(method, String(args["type"]), String(args["description"] ?? ""));
  return args as T;
}

function wished<T>(response: Invocation[] | undefined): T | null {
  const [name, args] = first(response);
  return name === "error" ? null : (args as T);
}

function first(response: Invocation[] | undefined): [string, Arguments] {
  const [name, args] = response?.[0] ?? ["error", { type: "serverFail" }];
  return [name, args];
}
