/** A short answer, sent as a long one is: quoted, from the right address, with time to take it back. */
import { NotSet, Offline } from "$/jmap/errors";
import type { Id } from "$/jmap/types";
import type { Draft } from "./draft.svelte";
import { sign } from "./signatures";
import { submit, whyNot } from "./sending";
import { started } from "./starting";

export async function quickReply(emailId: Id, text: string): Promise<void> {
  const draft = await reply(emailId, text);
  try {
    await submit(draft, null);
  } catch (error) {
    await draft.save();
    if (error instanceof NotSet) throw new Error(whyNot(error.error), { cause: error });
    throw error;
  }
}

/** The same as a draft, to go on with. Its id. */
export async function savedReply(emailId: Id, text: string): Promise<Id> {
  const draft = await reply(emailId, text);
  await draft.save();
  const { savedId, refusal } = draft;
  draft.end();
  if (savedId !== null) return savedId;
  throw refusal === null ? new Offline("the draft was not saved") : new NotSet(refusal);
}

async function reply(emailId: Id, text: string): Promise<Draft> {
  const draft = await started({ mode: "reply", emailId });
  sign(draft, text);
  draft.touch();
  return draft;
}
