/** What was checked of a sender, in words. */
import * as m from "words";
import type { Check } from "./conversation.svelte";

export function checkText({ name, result, detail }: Check): string {
  switch (name) {
    case "tls":
      if (result === "pass") return m.readerTls({ version: detail ?? "" });
      return result === "none" ? m.readerNoTls() : m.readerTlsUnknown();
    case "login":
      return result === "pass" ? m.readerLoggedIn() : m.readerNotLoggedIn();
    default:
      return ofStandard(name.toUpperCase(), result);
  }
}

function ofStandard(name: string, result: Check["result"]): string {
  if (result === "pass") return m.readerPassed({ name });
  return result === "fail" ? m.readerFailed({ name }) : m.readerNotChecked({ name });
}
