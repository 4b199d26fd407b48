/** The rows that are chosen: one by one, or everything that matches. */
import { SvelteSet } from "svelte/reactivity";
import type { EmailHead, Id } from "$/jmap/types";
import { list } from "./list.svelte";

class Selection {
  readonly ids = new SvelteSet<Id>();
  /** Everything that matches, on the screen or not; `ids` are then the exceptions. */
  isAll = $state(false);
  /** Where a stretch that is chosen with Shift begins. */
  #anchor = 0;

  get count(): number {
    return this.isAll ? list.total - this.ids.size : this.ids.size;
  }

  has(id: Id): boolean {
    return this.ids.has(id) !== this.isAll;
  }

  toggle(position: number): void {
    const id = list.idAt(position);
    if (id === undefined) return;
    this.#anchor = position;
    if (!this.ids.delete(id)) this.ids.add(id);
  }

  /** From the last row that was chosen to this one. */
  extend(position: number): void {
    if (this.isAll) return;
    for (const id of list.between(this.#anchor, position)) this.ids.add(id);
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

export const selection = new Selection();
