/**
 * Sending: the server holds a message for some seconds, or until its time, and can be told to give it back.
 *
 *     save → EmailSubmission/set (held) → toast with Undo → canceled: back in the composer
 */
import * as m from "words";
import { type Call, call, send } from "$/jmap/client";
import { NotSet, Offline } from "$/jmap/errors";
import type { GetResponse, Id, Patch, QueryResponse, SetError, SetResponse } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { problem } from "$/problem";
import { router } from "$/router.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { sync } from "$/store/sync.svelte";
import { toasts } from "$/ui/toasts.svelte";
import { locale } from "$/words/language.svelte";
import { forgetAnswers } from "./completion.svelte";
import { answeredBy } from "./answered";
import type { Draft } from "./draft.svelte";

/** The server holds a little longer than the button shows, so that a press at the last moment still counts. */
const EXTRA_SECONDS = 3;

/** Not saved, so not sent: the draft says why. */
export class NotSaved extends Error {}

interface Submission {
  id: Id;
  identityId: Id;
  emailId: Id;
  envelope: { mailFrom: { email: string; parameters?: Record<string, string> | null }; rcptTo: { email: string }[] };
  sendAt: string;
  undoStatus: string;
}

/** Hand the draft in; `at`: not before. NotSaved, NotSet, Offline… */
export async function submit(draft: Draft, at: Date | null): Promise<void> {
  if (draft.savedId === null && !draft.isDirty) draft.touch();
  if (!(await draft.save())) throw new NotSaved();
  const emailId = draft.savedId;
  if (emailId === null) throw new NotSaved();
  const seconds = preferences.values.undoSendSeconds;
  const id = (await alreadySent(draft, emailId)) ?? (await create(draft, emailId, at, seconds));
  draft.end();
  forgetAnswers();
  sync.refresh("Email", "Mailbox", "EmailSubmission");
  if (at === null) offerUndo(id, emailId, seconds);
  else toasts.add(m.composeScheduledFor({ time: when(at) }), { action: { label: m.undo(), run: () => void takeBack(id, emailId) } });
}

/** An answer that was lost on the way: the same is not sent twice. */
async function alreadySent(draft: Draft, emailId: Id): Promise<Id | null> {
  if (draft.mayBeSent !== emailId) return null;
  const filter = { operator: "AND", conditions: [{ emailIds: [emailId] }, { operator: "NOT", conditions: [{ undoStatus: "canceled" }] }] };
  const { ids } = await call<QueryResponse>("EmailSubmission/query", { filter });
  return ids[0] ?? null;
}

async function create(draft: Draft, emailId: Id, at: Date | null, seconds: number): Promise<Id> {
  const { identity } = draft;
  const mailFrom = { email: identity?.email, parameters: held(at, seconds) };
  const submission = { emailId, identityId: identity?.id, envelope: { mailFrom, rcptTo: draft.recipients.map(({ email }) => ({ email })) } };
  const calls = submitting(submission, at);
  const answers = draft.answers ?? (await answeredBy(draft, emailId));
  if (answers !== null) calls.push(["Email/set", { update: { [answers.emailId]: { [`keywords/${answers.keyword}`]: true } } }]);
  try {
    return made(await sync.change(() => send(calls)));
  } catch (error) {
    if (error instanceof Offline) draft.mayBeSent = emailId;
    throw error;
  }
}

function submitting(submission: object, at: Date | null): Call[] {
  const update = at === null ? leavesDrafts() : { "keywords/$scheduled": true };
  return [["EmailSubmission/set", { create: { sent: submission }, onSuccessUpdateEmail: { "#sent": update } }]];
}

function made([answer]: unknown[]): Id {
  const { created, notCreated } = answer as SetResponse;
  const one = created?.["sent"];
  if (one === undefined) throw new NotSet(notCreated?.["sent"] ?? { type: "serverFail" });
  return one.id;
}

function held(at: Date | null, seconds: number): Record<string, string> | null {
  if (at !== null) return { HOLDUNTIL: at.toISOString().replace(/\.\d+Z$/u, "Z") };
  return seconds > 0 ? { HOLDFOR: String(seconds + EXTRA_SECONDS) } : null;
}

function leavesDrafts(): Patch {
  const drafts = mailboxes.byRole("drafts");
  const sent = mailboxes.byRole("sent");
  const moved = drafts !== undefined && sent !== undefined ? { [`mailboxIds/${drafts.id}`]: null, [`mailboxIds/${sent.id}`]: true } : {};
  return { ...moved, "keywords/$draft": null, "keywords/$scheduled": null, "keywords/$seen": true };
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
  const run = () => (clearInterval(timer), void takeBack(submissionId, emailId));
  const key = toasts.add(m.composeSent(), { action: { label: m.composeUndo({ seconds: left }), run }, milliseconds: (seconds + 0.5) * 1000 });
  const timer = setInterval(() => {
    left -= 1;
    if (left <= 0) clearInterval(timer);
    else toasts.relabel(key, m.composeUndo({ seconds: left }));
  }, 1000);
}

/** Cancel a submission that still waits, and go on writing. */
export async function takeBack(submissionId: Id, emailId: Id): Promise<void> {
  try {
    await cancel(submissionId);
    router.compose({ draftId: emailId });
  } catch (error) {
    tellWhyNot(error);
  }
}

function tellWhyNot(error: unknown): void {
  const isGone = error instanceof NotSet && error.error.type === "cannotUnsend";
  toasts.add(isGone ? m.composeTooLate() : problem(error), { kind: "problem" });
}

/** The email is a draft again. NotSet "cannotUnsend" when it has left. */
export async function cancel(submissionId: Id): Promise<void> {
  const args = { update: { [submissionId]: { undoStatus: "canceled" } }, onSuccessUpdateEmail: { [submissionId]: backInDrafts() } };
  const [answer] = await sync.change(() => send([["EmailSubmission/set", args]]));
  const failed = (answer as unknown as SetResponse).notUpdated?.[submissionId];
  if (failed !== undefined) throw new NotSet(failed);
  sync.refresh("Email", "Mailbox", "EmailSubmission");
}

// --- scheduled mail -----------------------------------------------------------------------------

export type Scheduled = Pick<Submission, "id" | "emailId" | "identityId" | "envelope" | "sendAt">;

/** The submission that waits for a draft; null: none. */
export async function scheduledFor(emailId: Id): Promise<Scheduled | null> {
  const { ids } = await call<QueryResponse>("EmailSubmission/query", { filter: { emailIds: [emailId], undoStatus: "pending" } });
  if (ids[0] === undefined) return null;
  const properties = ["id", "emailId", "identityId", "envelope", "sendAt"];
  const { list } = await call<GetResponse<Scheduled>>("EmailSubmission/get", { ids: [ids[0]], properties });
  return list[0] ?? null;
}

/** Another time, or now (null). It says how it went; false: it stays as it was, or is a draft again. */
export async function reschedule(before: Scheduled, at: Date | null): Promise<boolean> {
  const { emailId, identityId, envelope } = before;
  const rcptTo = envelope.rcptTo.map(({ email }) => ({ email }));
  const submission = { emailId, identityId, envelope: { mailFrom: { email: envelope.mailFrom.email, parameters: held(at, 0) }, rcptTo } };
  try {
    // First this: two that wait for the same email would both leave.
    await cancel(before.id);
    made(await sync.change(() => send(submitting(submission, at))));
  } catch (error) {
    tellWhyNot(error);
    return false;
  }
  sync.refresh("Email", "Mailbox", "EmailSubmission");
  toasts.add(at === null ? m.composeSent() : m.composeScheduledFor({ time: when(at) }));
  return true;
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
