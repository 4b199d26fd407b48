/** Whom an answer goes to. */
import type { Address } from "$/jmap/types";
import { sameAddress, unique } from "./written";

export interface Correspondence {
  from: Address[] | null;
  replyTo: Address[] | null;
  to: Address[] | null;
  cc: Address[] | null;
}

export interface Recipients {
  to: Address[];
  cc: Address[];
}

/**
 * To whom a reply goes: Reply-To before From; to the same people again when one answers one's own mail. `own`: the
 * addresses of one's identities, which are left out of an answer to all.
 */
export function replyRecipients(email: Correspondence, own: string[], toAll: boolean): Recipients {
  const isOwn = (address: Address) => own.some((email) => sameAddress(address, { name: null, email }));
  const from = email.from ?? [];
  const isOwnMail = from.length > 0 && from.every(isOwn);
  const answered = email.replyTo?.length ? email.replyTo : from;
  const to = unique(isOwnMail ? (email.to ?? []) : answered);
  if (!toAll) return { to: to.length > 0 ? to : unique(from), cc: [] };
  const others = isOwnMail ? (email.cc ?? []) : [...(email.to ?? []), ...(email.cc ?? [])];
  const cc = unique(others).filter((one) => !isOwn(one) && !to.some((known) => sameAddress(known, one)));
  const kept = to.filter((one) => !isOwn(one) || to.length === 1);
  return { to: kept.length > 0 ? kept : to, cc };
}

/** The identity that a message was written to, so that the answer comes from there. */
export function identityOf<T extends { email: string }>(identities: T[], email: Correspondence): T | undefined {
  const met = [...(email.to ?? []), ...(email.cc ?? []), ...(email.from ?? [])];
  for (const address of met) {
    const found = identities.find((one) => sameAddress(address, { name: null, email: one.email }));
    if (found !== undefined) return found;
  }
  return identities[0];
}
