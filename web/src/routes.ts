/**
 * Where in the app: paths to routes and back.
 *
 *     /login · /mail/inbox · /mail/F12/t/T34 · /mail/search?q=… · /mail/label/work/t/T34 · /mail/scheduled
 *     /compose/new?mode=reply&email=M5 · /compose/M7 · /settings · /settings/security
 */

/** What a list shows. A folder goes by its role, or by its id when it has none. */
export type Place =
  | { kind: "folder"; folder: string }
  | { kind: "search"; query: string }
  | { kind: "label"; label: string }
  | { kind: "scheduled" };

export type ComposeMode = "reply" | "replyAll" | "forward" | "editAsNew";

/** What a new draft starts from. */
export type ComposeStart =
  | { draftId: string }
  | { mode: ComposeMode; emailId: string }
  | { to: string; cc: string; bcc: string; subject: string; body: string };

export type Route =
  | { screen: "login" }
  | { screen: "mail"; place: Place; threadId: string | null; emailId: string | null }
  | { screen: "compose"; start: ComposeStart }
  /** Without a section: all of them, to choose from. */
  | { screen: "settings"; section: string }
  | { screen: "missing" };

export const INBOX: Place = { kind: "folder", folder: "inbox" };
const MODES = new Set<string>(["reply", "replyAll", "forward", "editAsNew"]);

/** The route of a path with its query ("?q=…"). */
export function parseRoute(path: string, query: string): Route {
  const parts = path.split("/").filter(Boolean).map(decoded);
  const values = new URLSearchParams(query);
  switch (parts[0]) {
    case undefined:
      return mail(INBOX);
    case "login":
      return { screen: "login" };
    case "mail":
      return parseMail(parts.slice(1), values);
    case "compose":
      return { screen: "compose", start: parseStart(parts[1] ?? "new", values) };
    case "settings":
      return { screen: "settings", section: parts[1] ?? "" };
    default:
      return { screen: "missing" };
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function mail(place: Place, threadId: string | null = null, emailId: string | null = null): Route {
  return { screen: "mail", place, threadId, emailId };
}

function parseMail(parts: string[], values: URLSearchParams): Route {
  const named = parts[0] === "label" && parts[1] !== undefined;
  const place = named ? ({ kind: "label", label: parts[1] ?? "" } as const) : parsePlace(parts[0], values);
  const [marker, threadId, emailId] = parts.slice(named ? 2 : 1);
  if (marker === undefined) return mail(place);
  if (marker !== "t" || threadId === undefined) return { screen: "missing" };
  return mail(place, threadId, emailId ?? null);
}

function parsePlace(name: string | undefined, values: URLSearchParams): Place {
  if (name === "search") return { kind: "search", query: values.get("q") ?? "" };
  if (name === "scheduled") return { kind: "scheduled" };
  return name === undefined ? INBOX : { kind: "folder", folder: name };
}

function parseStart(name: string, values: URLSearchParams): ComposeStart {
  if (name !== "new") return { draftId: name };
  const mode = values.get("mode") ?? "";
  const emailId = values.get("email");
  if (MODES.has(mode) && emailId !== null) return { mode: mode as ComposeMode, emailId };
  const text = (key: string) => values.get(key) ?? "";
  return { to: text("to"), cc: text("cc"), bcc: text("bcc"), subject: text("subject"), body: text("body") };
}

/** The path and query of a route. */
export function pathOf(route: Route): string {
  switch (route.screen) {
    case "login":
      return "/login";
    case "mail":
      return pathOfMail(route.place, route.threadId, route.emailId);
    case "compose":
      return pathOfStart(route.start);
    case "settings":
      return route.section === "" ? "/settings" : `/settings/${encodeURIComponent(route.section)}`;
    case "missing":
      return "/mail/inbox";
  }
}

export function pathOfMail(place: Place, threadId: string | null = null, emailId: string | null = null): string {
  const thread = threadId === null ? "" : `/t/${encodeURIComponent(threadId)}`;
  const email = threadId === null || emailId === null ? "" : `/${encodeURIComponent(emailId)}`;
  const query = place.kind === "search" ? `?q=${encodeURIComponent(place.query)}` : "";
  return `/mail/${pathOfPlace(place)}${thread}${email}${query}`;
}

function pathOfPlace(place: Place): string {
  switch (place.kind) {
    case "folder":
      return encodeURIComponent(place.folder);
    case "label":
      return `label/${encodeURIComponent(place.label)}`;
    default:
      return place.kind;
  }
}

function pathOfStart(start: ComposeStart): string {
  if ("draftId" in start) return `/compose/${encodeURIComponent(start.draftId)}`;
  const values = "mode" in start ? { mode: start.mode, email: start.emailId } : start;
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "")).toString();
  return `/compose/new${query && `?${query}`}`;
}

/** Two places that show the same list. */
export function samePlace(one: Place, other: Place): boolean {
  return pathOfMail(one) === pathOfMail(other);
}
