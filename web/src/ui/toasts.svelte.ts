/** Short notices at the edge of the screen, with Undo; read out by the live region. */

export interface Toast {
  key: number;
  text: string;
  kind: "done" | "problem";
  /** A button in it: its words, and what it does. */
  action: { label: string; run: () => void } | null;
}

interface Options {
  kind?: Toast["kind"];
  action?: Toast["action"];
  /** How long it stays; Infinity until it is closed. */
  milliseconds?: number;
}

const STAYS_MS = 6000;
const PROBLEM_STAYS_MS = 12_000;
const TOASTS_MAX = 3;

class Toasts {
  shown = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Show it, and get its key: for `change` and `close`. */
  add(text: string, { kind = "done", action = null, milliseconds = kind === "done" ? STAYS_MS : PROBLEM_STAYS_MS }: Options = {}): number {
    const key = this.#next++;
    const kept = this.shown.slice(-(TOASTS_MAX - 1));
    for (const old of this.shown) if (!kept.includes(old)) this.#forget(old.key);
    this.shown = [...kept, { key, text, kind, action }];
    if (milliseconds !== Infinity) this.#timers.set(key, setTimeout(() => this.close(key), milliseconds));
    return key;
  }

  change(key: number, text: string): void {
    this.shown = this.shown.map((one) => (one.key === key ? { ...one, text } : one));
  }

  /** Other words on its button, as when they count. */
  relabel(key: number, label: string): void {
    this.shown = this.shown.map((one) => (one.key === key && one.action !== null ? { ...one, action: { ...one.action, label } } : one));
  }

  close(key: number): void {
    this.#forget(key);
    this.shown = this.shown.filter((one) => one.key !== key);
  }

  clear(): void {
    for (const one of this.shown) this.close(one.key);
  }

  #forget(key: number): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}

export const toasts = new Toasts();
