/** Which email a saved draft answers: it is in the same conversation (RFC 8621 §3). */
import { call, ref, send } from "$/jmap/client";
import type { GetResponse, Id } from "$/jmap/types";
import type { Draft } from "./draft.svelte";
import type { Written } from "./kept";

interface Named {
  id: Id;
  messageId: string[] | null;
}

/** What the draft says of it; null: it answers nothing that is there. */
export async function answeredBy(draft: Draft, draftId: Id): Promise<Written["answers"]> {
  const named = draft.inReplyTo?.at(-1) ?? draft.references?.at(-1);
  if (named === undefined) return null;
  try {
    const [, threads] = await send([
      ["Email/get", { ids: [draftId], properties: ["threadId"] }],
      ["Thread/get", { "#ids": ref(0, "Email/get", "/list/*/threadId") }],
    ]);
    const ids = (threads?.["list"] as { emailIds: Id[] }[]).flatMap((one) => one.emailIds);
    const { list } = await call<GetResponse<Named>>("Email/get", { ids, properties: ["id", "messageId"] });
    const found = list.find((one) => one.id !== draftId && one.messageId?.includes(named) === true);
    return found === undefined ? null : { emailId: found.id, keyword: draft.inReplyTo === null ? "$forwarded" : "$answered" };
  } catch {
    // The mark is a help; sending does not wait for it.
    return null;
  }
}
