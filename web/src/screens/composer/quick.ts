/** A short answer, sent as a long one is: quoted, from the right address, with time to take it back. */
import { NotSet } from "$/jmap/errors";
import { signatureHtml, withSignature } from "./html";
import { htmlOf } from "./plain";
import { submit, whyNot } from "./sending";
import { started } from "./starting";

export async function quickReply(emailId: string, text: string): Promise<void> {
  const draft = await started({ mode: "reply", emailId });
  const { htmlSignature = "", textSignature = "" } = draft.identity ?? {};
  if (draft.isPlain) draft.text = text + draft.text;
  else draft.html = withSignature(htmlOf(text), signatureHtml(htmlSignature || (textSignature && htmlOf(textSignature))));
  draft.touch();
  try {
    await submit(draft, null);
  } catch (error) {
    await draft.save();
    if (error instanceof NotSet) throw new Error(whyNot(error.error), { cause: error });
    throw error;
  }
}
