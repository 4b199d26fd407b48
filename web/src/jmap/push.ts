/** News by EventSource (RFC 8620 §7.3): what changed, and that the line is back after it was lost. */
import { session } from "$/session.svelte";
import { eventSourceUrl } from "./addresses";
import { reach } from "./client";

const PING_SECONDS = 60;
/** A line that has ended for good (not one the browser takes up again by itself) is tried anew after this. */
const AGAIN_MS = 15_000;

/** The new states of the account, by type. Empty: much may have changed, the line was away. */
export type Changed = Record<string, string>;

interface StateChange {
  "@type": "StateChange";
  changed: Record<string, Changed>;
}

/** Listen until the returned function is called. */
export function listen(types: string[], heard: (changed: Changed) => void): () => void {
  let source: EventSource;
  let wasLost = false;
  let again: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    source = new EventSource(eventSourceUrl(types, PING_SECONDS));
    source.addEventListener("state", (event) => {
      const state = JSON.parse((event as MessageEvent<string>).data) as StateChange;
      const changed = state.changed[session.accountId];
      if (changed !== undefined) heard(changed);
    });
    source.addEventListener("open", () => {
      session.isOnline = true;
      if (wasLost) heard({});
      wasLost = false;
    });
    source.addEventListener("error", () => {
      wasLost = true;
      if (!navigator.onLine) session.isOnline = false;
      if (source.readyState === EventSource.CLOSED) closed();
    });
  }

  /** It was refused, or the server is away: whether the session still lives is asked for. */
  function closed(): void {
    again = setTimeout(start, AGAIN_MS);
    reach("/auth/boot", {}).catch(() => undefined);
  }

  start();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
