/**
 * Sending: the server holds a message for some seconds, or until its time, and can be told to give it back.
 *
 *     save → EmailSubmission/set (held) → toast with Undo → canceled: back in the composer
 */
import * as m from "words";
import { type Call, send } from "$/jmap/client";
import { NotSet } from "$/jmap/errors";
import type { Id, Patch, SetError, SetResponse } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { router } from "$/router.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { sync } from "$/store/sync.svelte";
import { toasts } from "$/ui/toasts.svelte";
import { locale } from "$/words/language.svelte";
import type { Draft } from "./draft.svelte";

/** The server holds a little longer than the button shows, so that a press at the last moment still counts. */
const EXTRA_SECONDS = 3;

/** Not saved, so not sent: the draft says why. */
export class NotSaved extends Error {}

/** Hand the draft in; `at`: not before. NotSaved, NotSet, Offline… */
export async function submit(draft: Draft, at: Date | null): Promise<void> {
  if (draft.savedId === null || draft.isDirty) {
    if (draft.savedId === null && !draft.isDirty) draft.touch();
    if (!(await draft.save())) throw new NotSaved();
  }
  const emailId = draft.savedId;
  if (emailId === null) throw new NotSaved();
  const seconds = preferences.values.undoSendSeconds;
  const submission = {
    emailId,
    identityId: draft.identity?.id,
    envelope: { mailFrom: { email: draft.identity?.email, parameters: held(at, seconds) }, rcptTo: draft.recipients.map(({ email }) => ({ email })) },
  };
  const calls: Call[] = [
    ["EmailSubmission/set", { create: { sent: submission }, onSuccessUpdateEmail: { "#sent": at === null ? leavesDrafts() : { "keywords/$scheduled": true } } }],
  ];
  if (draft.answers !== null) {
    const { emailId: answered, keyword } = draft.answers;
    calls.push(["Email/set", { update: { [answered]: { [`keywords/${keyword}`]: true } } }]);
  }
  const [answer] = await sync.change(() => send(calls));
  const { created, notCreated } = answer as unknown as SetResponse;
  const made = created?.["sent"];
  if (made === undefined) throw new NotSet(notCreated?.["sent"] ?? { type: "serverFail" });
  draft.end();
  sync.refresh("Email", "Mailbox", "EmailSubmission");
  if (at === null) offerUndo(made.id, emailId, seconds);
  else toasts.add(m.composeScheduledFor({ time: when(at) }), { action: { label: m.undo(), run: () => void takeBack(made.id, emailId) } });
}

function held(at: Date | null, seconds: number): Record<string, string> | null {
  if (at !== null) return { HOLDUNTIL: at.toISOString().replace(/\.\d+Z$/u, "Z") };
  return seconds > 0 ? { HOLDFOR: String(seconds + EXTRA_SECONDS) } : null;
}

function leavesDrafts(): Patch {
  const drafts = mailboxes.byRole("drafts");
  const sent = mailboxes.byRole("sent");
  const moved = drafts !== undefined && sent !== undefined ? { [`mailboxIds/${drafts.id}`]: null, [`mailboxIds/${sent.id}`]: true } : {};
  return { ...moved, "keywords/$draft": null, "keywords/$seen": true };
}

function backInDrafts(): Patch {
  const drafts = mailboxes.byRole("drafts");
  return { ...(drafts === undefined ? {} : { mailboxIds: { [drafts.id]: true } }), "keywords/$draft": true, "keywords/$scheduled": null };
}

export function when(at: Date): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(at);
}

function offerUndo(submissionId: Id, emailId: Id, seconds: number): void {
  if (seconds === 0) {
    toasts.add(m.composeSent());
    return;
  }
  let left = seconds;
  const action = { label: m.undo(), run: () => (clearInterval(timer), void takeBack(submissionId, emailId)) };
  const key = toasts.add(m.composeSentCounting({ seconds: left }), { action, milliseconds: (seconds + 0.5) * 1000 });
  const timer = setInterval(() => {
    left -= 1;
    if (left <= 0) clearInterval(timer);
    else toasts.change(key, m.composeSentCounting({ seconds: left }));
  }, 1000);
}

/** Cancel a submission that still waits, and go on writing. */
export async function takeBack(submissionId: Id, emailId: Id): Promise<void> {
  try {
    await cancel(submissionId);
    router.compose({ draftId: emailId });
  } catch (error) {
    const isGone = error instanceof NotSet && error.error.type === "cannotUnsend";
    toasts.add(isGone ? m.composeTooLate() : m.problemOffline(), { kind: "problem" });
  }
}

/** The email is a draft again. NotSet "cannotUnsend" when it has left. */
export async function cancel(submissionId: Id): Promise<void> {
  const args = { update: { [submissionId]: { undoStatus: "canceled" } }, onSuccessUpdateEmail: { [submissionId]: backInDrafts() } };
  const [answer] = await sync.change(() => send([["EmailSubmission/set", args]]));
  const failed = (answer as unknown as SetResponse).notUpdated?.[submissionId];
  if (failed !== undefined) throw new NotSet(failed);
  sync.refresh("Email", "Mailbox", "EmailSubmission");
}

/** Why a message was not taken, in words. */
export function whyNot(error: SetError): string {
  const named = (error as SetError & { invalidRecipients?: string[]; notFound?: string[] }).invalidRecipients;
  switch (error.type) {
    case "invalidRecipients":
      return m.composeBadRecipients({ addresses: (named ?? []).join(", ") });
    case "noRecipients":
      return m.composeNobody();
    case "tooManyRecipients":
      return m.composeTooMany();
    case "tooLarge":
      return m.composeMessageTooLarge();
    case "forbiddenFrom":
    case "forbiddenMailFrom":
      return m.composeForbiddenFrom();
    case "overQuota":
      return m.problemQuota();
    case "rateLimit":
      return m.composeRateLimit();
    default:
      return error.description ?? m.composeNotSent();
  }
}
