/** Who is logged in here. */
import type { Boot, SessionObject } from "$/jmap/types";

const MAIL = "urn:ietf:params:jmap:mail";

class Session {
  /** Null: nobody. */
  boot = $state.raw<Boot | null>(null);
  /** The page is one that the browser kept (public/sw.js): whether somebody is logged in is not known. */
  isKept = $state(false);
  /** False from the first request that does not get through until one does. */
  isOnline = $state(true);
  /** It ended by itself (time, or another device): the login comes over what is shown, and nothing written is lost. */
  hasEnded = $state(false);

  get object(): SessionObject {
    if (this.boot === null) throw new Error("nobody is logged in");
    return this.boot.session;
  }

  get csrf(): string {
    return this.boot?.csrf ?? "";
  }

  get accountId(): string {
    return this.object.primaryAccounts[MAIL] ?? Object.keys(this.object.accounts)[0] ?? "";
  }

  /** The address of the account. */
  get name(): string {
    return this.object.username;
  }

  begin(boot: Boot): void {
    this.boot = boot;
    this.hasEnded = false;
  }

  /** The server does not know the session any more. */
  end(): void {
    this.hasEnded = this.boot !== null;
  }
}

export const session = new Session();

/** What the page brought along: null when nobody is logged in, "kept" when it does not come from the server. */
export function bootOfPage(): Boot | "kept" | null {
  const text = document.getElementById("boot")?.textContent ?? "null";
  return JSON.parse(text.trim() || "null") as Boot | "kept" | null;
}
