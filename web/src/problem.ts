/** Errors in words for the person: what happened, and what to do. */
import * as m from "words";
import { MethodFailed, NotSet, Offline } from "$/jmap/errors";

export function problem(error: unknown): string {
  if (error instanceof Offline) return m.problemOffline();
  if (error instanceof MethodFailed && error.kind === "serverUnavailable") return m.problemOffline();
  if (!(error instanceof NotSet)) return m.problemOther();
  switch (error.error.type) {
    case "overQuota":
      return m.problemQuota();
    case "forbidden":
      return m.problemForbidden();
    case "rateLimit":
      return m.problemBusy();
    default:
      return m.problemOther();
  }
}
