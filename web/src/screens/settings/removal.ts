/** What lies in a folder that goes: to Trash, carried out by the server, however much it is (EmailBatch, docs/jmap.md). */
import { call, set } from "$/jmap/client";
import type { EmailBatch, Filter, GetResponse, Id, Patch } from "$/jmap/types";
import { mailboxes } from "$/store/mailboxes.svelte";

const LOOK_MS = 300;

export class NotEmptied extends Error {}

/** What lies in another folder, too, only leaves this one. NotEmptied when something stayed. */
export async function emptyToTrash(mailbox: Id): Promise<void> {
  const trash = await mailboxes.needed("trash", "Trash");
  const leave = { [`mailboxIds/${mailbox}`]: null };
  const elsewhere: Filter = { inMailboxOtherThan: [mailbox] };
  const here: Filter = { inMailbox: mailbox };
  await change({ operator: "AND", conditions: [here, { operator: "NOT", conditions: [elsewhere] }] }, { ...leave, [`mailboxIds/${trash.id}`]: true });
  await change({ operator: "AND", conditions: [here, elsewhere] }, leave);
}

async function change(filter: Filter, update: Patch): Promise<void> {
  const { created } = await set("EmailBatch", { create: { batch: { filter, update } } });
  const id = created?.["batch"]?.id ?? "";
  for (;;) {
    const batch = (await call<GetResponse<EmailBatch>>("EmailBatch/get", { ids: [id] })).list[0];
    if (batch === undefined || batch.status === "canceled" || batch.failed > 0) throw new NotEmptied();
    if (batch.status === "done") return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
