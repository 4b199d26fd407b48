/** The answer to one call among those of a request. */
import type { Arguments, Invocation } from "$/jmap/batch";
import { MethodFailed } from "$/jmap/errors";

/** MethodFailed. */
export function needed<T>(response: Invocation[] | undefined, method: string): T {
  const [name, args] = first(response);
  if (name === "error") throw new MethodFailed(method, String(args["type"]), String(args["description"] ?? ""));
  return args as T;
}

/** Null: there is none. */
export function wished<T>(response: Invocation[] | undefined): T | null {
  const [name, args] = first(response);
  return name === "error" ? null : (args as T);
}

function first(response: Invocation[] | undefined): [string, Arguments] {
  const [name, args] = response?.[0] ?? ["error", { type: "serverFail" }];
  return [name, args];
}
