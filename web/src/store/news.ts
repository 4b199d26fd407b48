/**
 * One request for what has become of a list and of its emails since it was read (RFC 8620 §5.2, §5.6).
 *
 *     Email/changes → those that came, with their threads; those that changed        Email/queryChanges → the list
 */
import type { Invocation } from "$/jmap/batch";
import { type Call, ref, sendRaw } from "$/jmap/client";
import type { ChangesResponse, EmailHead, GetResponse, Id, QueryChangesResponse, SearchSnippet, Thread } from "$/jmap/types";
import { needed, wished } from "./answers";
import { HEAD_PROPERTIES } from "./emails.svelte";
import { type ListQuery, NEWEST_FIRST } from "./range";
import type { ListChanges } from "./stretches";

/** With more emails changed the stretch that is seen is read anew: that is less. */
const CHANGES_MAX = 100;

export interface Since {
  queryState: string;
  emailState: string;
}

export interface News {
  list: ListChanges;
  since: Since;
  heads: EmailHead[];
  threads: Thread[];
  destroyed: Id[];
  snippets: SearchSnippet[];
}

/** Null: the server cannot tell, or it is too much. Offline, LoggedOut, Refused. */
export async function readNews(query: ListQuery, since: Since): Promise<News | null> {
  const { filter, collapseThreads } = query;
  // The emails first: what happens in between is told again then, not left out.
  const calls: Call[] = [
    ["Email/changes", { sinceState: since.emailState, maxChanges: CHANGES_MAX }],
    [
      "Email/queryChanges",
      { filter, sort: NEWEST_FIRST, collapseThreads, sinceQueryState: since.queryState, maxChanges: 2 * CHANGES_MAX, calculateTotal: true },
    ],
    ["Email/get", { "#ids": ref(0, "Email/changes", "/updated"), properties: HEAD_PROPERTIES }],
    ["Email/get", { "#ids": ref(0, "Email/changes", "/created"), properties: collapseThreads ? ["threadId"] : HEAD_PROPERTIES }],
  ];
  if (collapseThreads) {
    calls.push(
      ["Thread/get", { "#ids": ref(3, "Email/get", "/list/*/threadId") }],
      ["Email/get", { "#ids": ref(4, "Thread/get", "/list/*/emailIds"), properties: HEAD_PROPERTIES }],
    );
  }
  if (query.hasWords) calls.push(["SearchSnippet/get", { filter, "#emailIds": ref(1, "Email/queryChanges", "/added/*/id") }]);
  return gathered(await sendRaw(calls), query);
}

function gathered(responses: Invocation[][], query: ListQuery): News | null {
  const changes = wished<ChangesResponse>(responses[0]);
  const list = wished<QueryChangesResponse>(responses[1]);
  if (changes === null || changes.hasMoreChanges || list?.total === undefined) return null;
  const updated = needed<GetResponse<EmailHead>>(responses[2], "Email/get");
  // Those that came are told with their whole conversations, unless these are too long for an answer.
  const created = wished<GetResponse<EmailHead>>(responses[query.collapseThreads ? 5 : 3]);
  if (created === null) return null;
  return {
    list: { removed: list.removed, added: list.added, total: list.total },
    since: { queryState: list.newQueryState, emailState: changes.newState },
    heads: [...updated.list, ...created.list],
    threads: query.collapseThreads ? needed<GetResponse<Thread>>(responses[4], "Thread/get").list : [],
    destroyed: changes.destroyed,
    snippets: (query.hasWords ? wished<{ list: SearchSnippet[] }>(responses.at(-1)) : null)?.list ?? [],
  };
}
