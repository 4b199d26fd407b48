/**
 * The one road to the mail: JMAP requests of the session (RFC 8620 §3).
 *
 *     send(calls) ─┐
 *     send(calls) ─┴─ same turn of the loop → one POST → each caller its own responses
 */
import { session } from "$/session.svelte";
import { type Arguments, type Call, type Invocation, tagged, untagged } from "./batch";
import { LoggedOut, MethodFailed, NotSet, Offline, Refused } from "./errors";
import type { SetResponse } from "./types";

export { type Call, ref } from "./batch";

const USING = [
  "urn:ietf:params:jmap:core",
  "urn:ietf:params:jmap:mail",
  "urn:ietf:params:jmap:submission",
  "urn:ietf:params:jmap:vacationresponse",
  "urn:ietf:params:jmap:blob",
  "urn:ietf:params:jmap:quota",
  "urn:ietf:params:jmap:mdn",
  "urn:bocau:params:jmap",
];
/** More groups start another request; the server takes 32 calls. */
const CALLS_MAX = 16;
/** Larger requests end with their page: browsers keep 64 KB of all that outlives pages. */
const OUTLIVING_MAX = 30_000;

/** The server must have answered by then; it gives a request up after 60 seconds. */
const ANSWER_MS = 70_000;

/** Other pages and programs of this person are at it: nothing was done, so it is asked again. */
const CROWDED = ["maxConcurrentRequests", "maxConcurrentUpload"];
const PAUSES_MS = [200, 600, 1500];

interface Options {
  /** What it asks for is done even when the page goes meanwhile. */
  outlivesPage?: boolean;
}

interface Waiting extends Options {
  calls: Call[];
  resolve: (responses: Invocation[][]) => void;
  reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/**
 * The responses' arguments, call by call; account ids are filled in. MethodFailed for the first call that failed;
 * Offline, LoggedOut, Refused for the whole request.
 */
export async function send(calls: Call[]): Promise<Arguments[]> {
  const responses = await sendRaw(calls);
  return responses.map((group, index) => {
    const [method, args] = group[0] ?? ["error", { type: "serverFail", description: "no response" }];
    if (method === "error") throw new MethodFailed(calls[index]?.[0] ?? "", String(args["type"]), String(args["description"] ?? ""));
    return args;
  });
}

/** Every response to every call, errors among them; for calls that imply others (RFC 8621 §7.5). */
export function sendRaw(calls: Call[], options: Options = {}): Promise<Invocation[][]> {
  return new Promise((resolve, reject) => {
    const counted = waiting.reduce((sum, one) => sum + one.calls.length, 0);
    if (counted > 0 && counted + calls.length > CALLS_MAX) flush();
    waiting.push({ ...options, calls: calls.map(withAccount), resolve, reject });
    if (waiting.length === 1) queueMicrotask(flush);
  });
}

/** One method call. */
export async function call<T = Arguments>(method: string, args: Arguments): Promise<T> {
  const [answer] = await send([[method, args]]);
  return answer as T;
}

/** A /set of one object, or of several of which all must succeed: NotSet with the first error. */
export async function set(type: string, args: Arguments): Promise<SetResponse> {
  const answer = await call<SetResponse>(`${type}/set`, args);
  const failed = Object.values({ ...answer.notCreated, ...answer.notUpdated, ...answer.notDestroyed });
  if (failed[0] !== undefined) throw new NotSet(failed[0]);
  return answer;
}

function withAccount([method, args]: Call): Call {
  return [method, { accountId: session.accountId, ...args }];
}

function flush(): void {
  const groups = waiting;
  waiting = [];
  if (groups.length > 0) void carry(groups);
}

async function carry(groups: Waiting[]): Promise<void> {
  try {
    const outlives = groups.some((one) => one.outlivesPage === true);
    const responses = await post(groups.flatMap((one, index) => tagged(one.calls, index)), outlives);
    groups.forEach((one, index) => one.resolve(untagged(responses, index, one.calls.length)));
  } catch (error) {
    for (const one of groups) one.reject(error);
  }
}

async function post(methodCalls: Invocation[], outlivesPage: boolean): Promise<Invocation[]> {
  const using = USING.filter((one) => one in session.object.capabilities);
  const body = JSON.stringify({ using, methodCalls });
  const response = await reach(session.object.apiUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    keepalive: outlivesPage && body.length <= OUTLIVING_MAX,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const answer = (await response.json()) as { methodResponses: Invocation[]; sessionState: string };
  return answer.methodResponses;
}

/**
 * A request with the session's token, whatever it is for (API, upload). Offline, LoggedOut, Refused; otherwise the
 * response with a 2xx status.
 */
export async function reach(url: string, init: RequestInit, pauses = PAUSES_MS): Promise<Response> {
  let response: Response;
  const { boot } = session;
  try {
    response = await fetch(url, { ...init, headers: { ...init.headers, "X-CSRF-Token": session.csrf } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    session.isOnline = false;
    throw new Offline(String(error));
  }
  if (response.status === 401) {
    // What was asked before a new login says nothing of it.
    if (session.boot === boot) session.end();
    throw new LoggedOut();
  }
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    session.isOnline = false;
    throw new Offline(response.statusText);
  }
  session.isOnline = true;
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const [pause, ...rest] = pauses;
  if (pause === undefined || !CROWDED.includes(problem.limit ?? "")) {
    throw new Refused(problem.type ?? "about:blank", response.status, problem.detail ?? response.statusText);
  }
  await new Promise((go) => setTimeout(go, pause * (1 + Math.random())));
  return reach(url, init, rest);
}

/** RFC 8620 §3.6.1. */
interface Problem {
  type?: string;
  detail?: string;
  limit?: string;
}
