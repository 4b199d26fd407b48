/**
 * Ids by their position, of a list that is read in stretches: as long as the mailbox, known here and there.
 *
 *     state A ─ apply(what was removed and added) → state B        (RFC 8620 §5.6)
 *
 * Where something was removed that is not known here, nobody can tell by how much the rows after it have moved. So then
 * only the rows before the first gap are kept: none of them comes after what is not known.
 */
import type { Id } from "$/jmap/types";

export interface ListChanges {
  removed: Id[];
  /** By index, which is that of the new list. */
  added: { id: Id; index: number }[];
  total: number;
}

export class Stretches {
  length = 0;
  /** As the server told it last; changes of one's own make `length` differ. */
  #told = 0;
  #ids = new Map<number, Id>();
  #positions = new Map<Id, number>();
  /** What one's own changes took out, and put in, since the server told the list. */
  #left = new Set<Id>();
  #came = new Set<Id>();

  get known(): number {
    return this.#ids.size;
  }

  at(position: number): Id | undefined {
    return this.#ids.get(position);
  }

  /** -1: not among those that are known. */
  positionOf(id: Id): number {
    return this.#positions.get(id) ?? -1;
  }

  /** Of all that are known, by position. */
  entries(): [position: number, id: Id][] {
    return [...this.#ids].sort(([one], [other]) => one - other);
  }

  /** Those from one position to another, as far as they are known. */
  between(first: number, last: number): Id[] {
    return this.entries().flatMap(([position, id]) => (position >= first && position <= last ? id : []));
  }

  isKnown(first: number, last: number): boolean {
    for (let at = first; at <= Math.min(last, this.length - 1); at += 1) if (!this.#ids.has(at)) return false;
    return true;
  }

  clear(): void {
    this.#set([], 0);
    this.#tell(0);
  }

  /** A stretch as the server told it, of a list so long. */
  put(position: number, ids: Id[], total: number): void {
    ids.forEach((id, index) => this.#place(position + index, id));
    this.length = total;
    this.#tell(total);
  }

  /** Another email stands for the same row. */
  replace(position: number, id: Id): void {
    const before = this.#ids.get(position);
    if (before === undefined || before === id) return;
    this.#note(before, id);
    this.#place(position, id);
  }

  /** Take out; what comes after moves up. */
  remove(ids: Iterable<Id>): void {
    const gone = new Set([...ids].filter((id) => this.#positions.has(id)));
    for (const id of gone) this.#note(id, null);
    this.#set(shifted(this.entries(), gone, []), this.length - gone.size);
  }

  /** Know no more what stands there. */
  forget(position: number): void {
    const id = this.#ids.get(position);
    if (id !== undefined) this.#positions.delete(id);
    this.#ids.delete(position);
  }

  /** Bring the list to its next state. False: only what comes before the first gap is known now. */
  apply({ removed, added, total }: ListChanges): boolean {
    const expected = this.#told + added.length - total;
    const found = removed.filter((id) => this.#left.has(id) || (this.#positions.has(id) && !this.#came.has(id)));
    const isWhole = found.length === expected;
    if (!isWhole) this.#forgetFrom(this.#firstGap());
    this.#set(shifted(this.entries(), new Set(removed), added), total);
    this.#tell(total);
    return isWhole;
  }

  /** As it is now; calling it puts it back. */
  snapshot(): () => void {
    const [ids, length, told, left, came] = [this.entries(), this.length, this.#told, [...this.#left], [...this.#came]] as const;
    return () => {
      this.#set(ids, length);
      this.#told = told;
      this.#left = new Set(left);
      this.#came = new Set(came);
    };
  }

  #firstGap(): number {
    let at = 0;
    while (this.#ids.has(at)) at += 1;
    return at;
  }

  #forgetFrom(position: number): void {
    for (const at of [...this.#ids.keys()]) if (at >= position) this.forget(at);
  }

  /** One's own change: what was in the list as the server told it is not there now, or the other way round. */
  #note(gone: Id, come: Id | null): void {
    if (!this.#came.delete(gone)) this.#left.add(gone);
    if (come !== null && !this.#left.delete(come)) this.#came.add(come);
  }

  #place(position: number, id: Id): void {
    this.forget(position);
    const before = this.#positions.get(id);
    if (before !== undefined) this.#ids.delete(before);
    this.#ids.set(position, id);
    this.#positions.set(id, position);
  }

  #set(entries: [number, Id][], length: number): void {
    this.#ids = new Map(entries);
    this.#positions = new Map(entries.map(([position, id]) => [id, position]));
    this.length = length;
  }

  #tell(total: number): void {
    this.#told = total;
    this.#left.clear();
    this.#came.clear();
  }
}

/** Entries, ascending, after some were taken out and others put in at the places they have in the end. */
function shifted(entries: [number, Id][], gone: Set<Id>, added: ListChanges["added"]): [number, Id][] {
  const placed: [number, Id][] = added.map(({ id, index }) => [index, id]);
  let [out, put] = [0, 0];
  for (const [position, id] of entries) {
    if (gone.has(id)) {
      out += 1;
      continue;
    }
    while (put < added.length && (added[put]?.index ?? 0) <= position - out + put) put += 1;
    placed.push([position - out + put, id]);
  }
  return placed;
}
