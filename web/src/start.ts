/** What happens when somebody is logged in, and when not any more. */
import { reach } from "$/jmap/client";
import type { Boot } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { session } from "$/session.svelte";
import { forgetAll as forgetUnsaved } from "$/screens/composer/kept";
import { emails } from "$/store/emails.svelte";
import { list } from "$/store/list.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { selection } from "$/store/selection.svelte";
import { sync } from "$/store/sync.svelte";

export function begin(boot: Boot): void {
  const before = session.boot?.session.username;
  if (before !== undefined && before !== boot.session.username) {
    // Somebody else: nothing that is on the screen is theirs.
    location.assign("/mail/inbox");
    return;
  }
  session.begin(boot);
  preferences.take(boot.preferences);
  if (boot.mailboxes !== null) mailboxes.take(boot.mailboxes);
  if (before !== undefined) sync.heard({});
}

export async function logOut(): Promise<void> {
  try {
    await reach("/auth/logout", { method: "POST" });
  } finally {
    forget();
    forgetUnsaved();
    location.assign("/login");
  }
}

/** Nothing of one person's mail is left for the next. */
export function forget(): void {
  sync.stop();
  session.boot = null;
  emails.clear();
  selection.clear();
  list.close();
}
