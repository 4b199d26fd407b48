/** Addresses that begin with what is being typed: whom the account has written to. */
import { call } from "$/jmap/client";
import type { Address } from "$/jmap/types";

const SHOWN = 8;
const REST_MS = 120;
const KEPT = 200;

const answers = new Map<string, Address[]>();

/** Somebody new may have been written to. */
export function forgetAnswers(): void {
  answers.clear();
}

export class Completion {
  found = $state.raw<Address[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = "";

  ask(text: string): void {
    clearTimeout(this.#timer);
    this.#asked = text.trim().toLocaleLowerCase();
    if (this.#asked === "") {
      this.found = [];
      return;
    }
    const known = answers.get(this.#asked);
    if (known !== undefined) this.found = known;
    else this.#timer = setTimeout(() => void this.#load(this.#asked), REST_MS);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#asked = "";
    this.found = [];
  }

  async #load(text: string): Promise<void> {
    try {
      const { list } = await call<{ list: Address[] }>("Correspondent/query", { text, limit: SHOWN });
      if (answers.size >= KEPT) answers.clear();
      answers.set(text, list);
      if (text === this.#asked) this.found = list;
    } catch {
      // Completion is a help; without it everything can be typed.
    }
  }
}
