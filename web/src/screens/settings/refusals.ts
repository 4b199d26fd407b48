/** Why a change of one's login was refused, in words. */
import * as m from "words";
import { NotSet } from "$/jmap/errors";
import { problem } from "$/problem";

/** invalidProperties names the field that was wrong. */
export function refusal(error: unknown): string {
  if (!(error instanceof NotSet)) return problem(error);
  const { type, properties = [] } = error.error;
  if (properties.includes("code")) return m.setWrongCode();
  if (properties.includes("password") || properties.includes("current")) return m.setWrongPassword();
  if (properties.includes("new")) return m.setWeakPassword();
  if (properties.includes("label")) return m.setBadLabel();
  if (type === "rateLimit") return m.setWait();
  return problem(error);
}
