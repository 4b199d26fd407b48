/**
 * Keeps what is shown in step with the server.
 *
 *     push → a type's state is not the one we know → whoever shows that type reads it again
 *
 * Nothing is read while a change of ours is on its way: an answer from before the change would undo it on screen.
 */
import { type Changed, listen } from "$/jmap/push";
import { session } from "$/session.svelte";

type Reload = () => Promise<void> | void;

/** A thread changes with its emails: nothing more is to be heard of it. */
const TYPES = ["Email", "Mailbox", "EmailSubmission", "Identity", "Quota", "Preferences", "EmailBatch", "VacationResponse"];
/** News that come close together are read once. */
const GATHER_MS = 120;
/** While there is always something new, as during a change of everything, it is read this often. */
const EVERY_MS = 1000;

class Sync {
  #known: Changed = {};
  #listeners = new Set<{ types: string[]; reload: Reload }>();
  #changing = 0;
  #dirty = new Set<string>();
  #reloadedAt = -EVERY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;
  /** Grows with every change of ours: an answer to a question from before it is out of date. */
  generation = 0;

  start(): void {
    this.#stop?.();
    this.#stop = listen(TYPES, (changed) => this.heard(changed));
  }

  stop(): void {
    this.#stop?.();
    clearTimeout(this.#timer);
    this.#known = {};
    this.#dirty.clear();
  }

  /** Be called whenever one of these types has changed on the server. Made for `$effect(() => sync.on(…))`. */
  on(types: string[], reload: Reload): () => void {
    const listener = { types, reload };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** This is the state that is shown now. */
  knows(type: string, state: string): void {
    this.#known[type] = state;
  }

  state(type: string): string | undefined {
    return this.#known[type];
  }

  heard(changed: Changed): void {
    const types = Object.keys(changed).length === 0 ? TYPES : Object.keys(changed);
    for (const type of types) {
      if (changed[type] === undefined || changed[type] !== this.#known[type]) this.#dirty.add(type);
    }
    this.#soon();
  }

  /** Carry a change of ours out; readings wait for its end. */
  async change<T>(carry: () => Promise<T>): Promise<T> {
    this.#changing += 1;
    this.generation += 1;
    try {
      return await carry();
    } finally {
      this.#changing -= 1;
      this.generation += 1;
      this.#soon();
    }
  }

  get isChanging(): boolean {
    return this.#changing > 0;
  }

  /** Read again what is of these types, as after a change of ours. */
  refresh(...types: string[]): void {
    for (const type of types) this.#dirty.add(type);
    this.#soon();
  }

  #soon(): void {
    if (this.#dirty.size === 0 || this.#changing > 0) return;
    clearTimeout(this.#timer);
    const rest = this.#reloadedAt + EVERY_MS - performance.now();
    this.#timer = setTimeout(() => this.#reload(), Math.max(GATHER_MS, rest));
  }

  #reload(): void {
    if (this.#changing > 0 || session.boot === null) return;
    this.#reloadedAt = performance.now();
    const types = this.#dirty;
    this.#dirty = new Set();
    for (const listener of this.#listeners) {
      if (listener.types.some((one) => types.has(one))) void listener.reload();
    }
  }
}

export const sync = new Sync();
