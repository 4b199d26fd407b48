/**
 * Changes of emails on their way to the server: one request at a time, so that they arrive in the order in which they
 * were made. What is asked for meanwhile goes together in the next one; a page that goes sends what still waits.
 */
import { type Call, sendRaw } from "$/jmap/client";
import type { Arguments } from "$/jmap/batch";
import type { SetResponse } from "$/jmap/types";
import { needed } from "./answers";

/** Calls of one request; the server takes 32. */
const TOGETHER_MAX = 16;

interface Change {
  args: Arguments;
  resolve: (answer: SetResponse) => void;
  reject: (error: unknown) => void;
}

class EmailChanges {
  #waiting: Change[] = [];
  #onTheirWay = 0;

  /** Email/set. Offline, LoggedOut, Refused, MethodFailed. */
  set(args: Arguments): Promise<SetResponse> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ args, resolve, reject });
      this.#next();
    });
  }

  /** The page goes: nothing that waits is left behind. */
  leave(): void {
    while (this.#waiting.length > 0) void this.#carry(this.#waiting.splice(0, TOGETHER_MAX));
  }

  #next(): void {
    if (this.#onTheirWay === 0 && this.#waiting.length > 0) void this.#carry(this.#waiting.splice(0, TOGETHER_MAX));
  }

  async #carry(changes: Change[]): Promise<void> {
    this.#onTheirWay += 1;
    try {
      const responses = await sendRaw(changes.map(({ args }): Call => ["Email/set", args]), { outlivesPage: true });
      changes.forEach((one, index) => settle(one, () => needed<SetResponse>(responses[index], "Email/set")));
    } catch (error) {
      for (const one of changes) one.reject(error);
    } finally {
      this.#onTheirWay -= 1;
    }
    this.#next();
  }
}

function settle(change: Change, answer: () => SetResponse): void {
  try {
    change.resolve(answer());
  } catch (error) {
    change.reject(error);
  }
}

export const emailChanges = new EmailChanges();
window.addEventListener("pagehide", () => emailChanges.leave());
