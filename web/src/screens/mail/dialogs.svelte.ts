/** Which dialog of the mail screen is open. */

export type MailDialog = "help" | "move" | "label" | "jump" | "go" | "empty";

class Dialogs {
  open = $state<MailDialog | null>(null);
  /** The folders of a narrow screen. */
  isDrawerOpen = $state(false);

  close(): void {
    this.open = null;
  }
}

export const dialogs = new Dialogs();
