/** The rows that are chosen: one by one, or everything that matches. */
import * as m from "words";
import { SvelteSet } from "svelte/reactivity";
import type { EmailHead, Id } from "$/jmap/types";
import { emails } from "./emails.svelte";
import { toasts } from "$/ui/toasts.svelte";
import { list, STRETCH_MAX } from "./list.svelte";
import type { ListChanges } from "./stretches";

class Selection {
  readonly ids = new SvelteSet<Id>();
  /** Everything that matches, on the screen or not; `ids` are then the exceptions. */
  isAll = $state(false);
  /** The row where a stretch that is chosen with Shift begins. */
  #anchor: Id | null = null;

  get count(): number {
    return this.isAll ? list.total - this.ids.size : this.ids.size;
  }

  has(id: Id): boolean {
    return this.ids.has(id) !== this.isAll;
  }

  toggle(position: number): void {
    const id = list.idAt(position);
    if (id === undefined) return;
    this.#anchor = id;
    if (!this.ids.delete(id)) this.ids.add(id);
  }

  /** From the last row that was chosen to this one; those between them that are not known are read. */
  async extend(position: number): Promise<void> {
    if (this.isAll) return;
    const from = Math.max(0, list.positionOf(this.#anchor ?? ""));
    const [first, last] = [Math.min(from, position), Math.max(from, position)];
    if (last - first >= STRETCH_MAX) {
      toasts.add(m.stretchTooLong({ count: STRETCH_MAX }), { kind: "problem" });
      return;
    }
    const { place } = list;
    const isThere = await list.have(first, last);
    if (place !== list.place || this.isAll) return;
    if (isThere) for (const id of list.between(first, last)) this.ids.add(id);
    else toasts.add(m.listFailed(), { kind: "problem" });
  }

  /** Rows have come and gone: a conversation that has another email in front now is still chosen. */
  follow({ removed, added }: ListChanges): void {
    const here = new Set(added.map((one) => one.id));
    for (const id of removed) {
      if (here.has(id) || !this.ids.delete(id)) continue;
      const heir = list.isCollapsed && added.find((one) => threadOf(one.id) === threadOf(id));
      if (heir) this.ids.add(heir.id);
    }
    if (this.#anchor !== null && removed.includes(this.#anchor) && !here.has(this.#anchor)) this.#anchor = null;
  }

  /** All rows that are read. */
  chooseShown(): void {
    this.clear();
    for (const id of list.between(0, list.total)) this.ids.add(id);
  }

  chooseAll(): void {
    this.ids.clear();
    this.isAll = true;
  }

  clear(): void {
    this.ids.clear();
    this.isAll = false;
  }

  /** What the chosen rows stand for. For a selection that is not `isAll`. */
  emails(): EmailHead[] {
    return [...this.ids].flatMap((id) => list.emailsOf(id));
  }
}

function threadOf(id: Id): Id {
  return emails.heads.get(id)?.threadId ?? id;
}

export const selection = new Selection();
list.chosen = selection;
