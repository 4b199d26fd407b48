/** What happens when somebody is logged in, and when not any more. */
import { reach, send } from "$/jmap/client";
import type { Boot, GetResponse, Mailbox, Quota } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { session } from "$/session.svelte";
import { forgetAll as forgetUnsaved } from "$/screens/composer/kept";
import { emails } from "$/store/emails.svelte";
import { list } from "$/store/list.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { quota } from "$/store/quota.svelte";
import { selection } from "$/store/selection.svelte";
import { sync } from "$/store/sync.svelte";
import { vacation, type VacationResponse } from "$/store/vacation.svelte";

export function begin(boot: Boot): void {
  const before = session.boot?.session.username;
  if (before !== undefined && before !== boot.session.username) {
    // Somebody else: nothing that is on the screen is theirs.
    location.assign("/mail/inbox");
    return;
  }
  session.begin(boot);
  preferences.take(boot.preferences);
  if (before !== undefined) sync.heard({});
}

/** Folders first: the lists are made of them. */
export async function loadFolders(): Promise<void> {
  const [folders, quotas, away] = await send([
    ["Mailbox/get", { ids: null }],
    ["Quota/get", { ids: null }],
    ["VacationResponse/get", { ids: ["singleton"] }],
  ]);
  mailboxes.take(folders as unknown as GetResponse<Mailbox>);
  quota.take(quotas as unknown as GetResponse<Quota>);
  vacation.take(away as unknown as GetResponse<VacationResponse>);
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
