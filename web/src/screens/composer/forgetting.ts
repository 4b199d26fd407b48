/** Addresses that shall not be suggested any more, and back (Correspondent, docs/jmap.md). */
import * as m from "words";
import { call } from "$/jmap/client";
import type { Address } from "$/jmap/types";
import { problem } from "$/problem";
import { toasts } from "$/ui/toasts.svelte";
import { forgetAnswers } from "./completion.svelte";

export interface Correspondent extends Address {
  sentCount: number;
  lastSentAt: string;
}

/** With a way back. `changed`: called when the server has done it, and when it is undone. */
export async function forget(person: Address, changed: () => void): Promise<void> {
  try {
    const { list } = await call<{ list: Correspondent[] }>("Correspondent/forget", { emails: [person.email] });
    told(changed);
    toasts.add(m.composeForgotten({ address: person.email }), { action: { label: m.undo(), run: () => void remember(list, changed) } });
  } catch (error) {
    toasts.add(problem(error), { kind: "problem" });
  }
}

async function remember(list: Correspondent[], changed: () => void): Promise<void> {
  try {
    await call("Correspondent/remember", { list });
    told(changed);
  } catch (error) {
    toasts.add(problem(error), { kind: "problem" });
  }
}

function told(changed: () => void): void {
  forgetAnswers();
  changed();
}
