/** A short answer, sent as a long one is: quoted, from the right address, with time to take it back. */
import { NotSet } from "$/jmap/errors";
import { sign } from "./signatures";
import { submit, whyNot } from "./sending";
import { started } from "./starting";

export async function quickReply(emailId: string, text: string): Promise<void> {
  const draft = await started({ mode: "reply", emailId });
  sign(draft, text);
  draft.touch();
  try {
    await submit(draft, null);
  } catch (error) {
    await draft.save();
    if (error instanceof NotSet) throw new Error(whyNot(error.error), { cause: error });
    throw error;
  }
}
