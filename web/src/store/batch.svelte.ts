/** Changes to everything that matches, carried out by the server (EmailBatch, docs/jmap.md). */
import * as m from "words";
import { call, set } from "$/jmap/client";
import type { EmailBatch, Filter, GetResponse, Id, Patch } from "$/jmap/types";
import { problem } from "$/problem";
import { toasts } from "$/ui/toasts.svelte";
import { sync } from "./sync.svelte";

export type BatchChange = { update: Patch } | { destroy: true };

/** Asked again after this even when no news came. */
const LOOK_MS = 3000;

class Batches {
  /** The batches on their way, with the toasts that show how far they are. */
  #running = new Map<Id, { toast: number; said: string }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  async start(filter: Filter, exclude: Id[], change: BatchChange, said: string): Promise<void> {
    try {
      const answer = await set("EmailBatch", { create: { batch: { filter, exclude, ...change } } });
      const id = answer.created?.["batch"]?.id ?? "";
      this.#running.set(id, { said, toast: this.#toast(id) });
      await this.look();
    } catch (error) {
      toasts.add(problem(error), { kind: "problem" });
    }
  }

  #toast(id: Id): number {
    const run = () => void this.#update(id, "canceled");
    return toasts.add(m.batchStarts(), { milliseconds: Infinity, action: { label: m.cancel(), run } });
  }

  /** How far they are; for news of the type EmailBatch. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const ids = [...this.#running.keys()];
    if (ids.length === 0) return;
    const answer = await call<GetResponse<EmailBatch>>("EmailBatch/get", { ids }).catch(() => null);
    for (const batch of answer?.list ?? []) this.#show(batch);
    if (this.#running.size > 0) this.#timer = setTimeout(() => void this.look(), LOOK_MS);
  }

  #show(batch: EmailBatch): void {
    const running = this.#running.get(batch.id);
    if (running === undefined) return;
    if (batch.status === "waiting" || batch.status === "running") {
      toasts.change(running.toast, m.batchRuns({ done: batch.done, total: batch.total }));
      return;
    }
    this.#running.delete(batch.id);
    toasts.close(running.toast);
    this.#end(batch, running.said);
    sync.refresh("Email", "Mailbox");
  }

  #end(batch: EmailBatch, said: string): void {
    const run = () => void this.#update(batch.id, "undone");
    const action = batch.canUndo ? { label: m.undo(), run } : null;
    const text = batch.status === "canceled" ? m.batchCanceled({ done: batch.done, total: batch.total }) : `${said} ${m.batchDone({ count: batch.done })}`;
    toasts.add(text, { action, milliseconds: 15_000 });
    if (batch.failed > 0) toasts.add(m.batchFailed({ count: batch.failed }), { kind: "problem" });
  }

  async #update(id: Id, status: "canceled" | "undone"): Promise<void> {
    try {
      await set("EmailBatch", { update: { [id]: { status } } });
      if (status === "undone") toasts.add(m.undone());
      sync.refresh("Email", "Mailbox");
    } catch (error) {
      toasts.add(problem(error), { kind: "problem" });
    }
  }
}

export const batches = new Batches();
