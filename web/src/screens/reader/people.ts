/** Names of people as a header shows them. */
import * as m from "words";
import type { Address } from "$/jmap/types";
import { session } from "$/session.svelte";

export function isMe(address: Address): boolean {
  return address.email.toLowerCase() === session.name.toLowerCase();
}

/** Whether an answer to all goes to more people than an answer to its sender. */
export function hasOthers(email: { from: Address[] | null; to: Address[] | null; cc?: Address[] | null }): boolean {
  const author = email.from?.[0]?.email.toLowerCase();
  const all = [...(email.to ?? []), ...(email.cc ?? [])].filter((one) => !isMe(one)).map((one) => one.email.toLowerCase());
  const others = new Set(all.filter((one) => one !== author));
  // What one wrote oneself is answered to whom it went.
  return others.size > (email.from?.some(isMe) === true ? 1 : 0);
}

/** Whom an answer goes to; what one wrote oneself is answered to whom it went. */
export function answered(email: { from: Address[] | null; to: Address[] | null }): Address[] {
  const { from, to } = email;
  return (from?.some(isMe) === true && to?.length ? to : from) ?? [];
}

/** `full`: with the addresses. */
export function nameOf(address: Address, full = false): string {
  if (!full) return isMe(address) ? m.readerMe() : address.name || address.email;
  return address.name ? `${address.name} <${address.email}>` : address.email;
}

export function namesOf(addresses: Address[] | null, full = false): string {
  return (addresses ?? []).map((one) => nameOf(one, full)).join(", ");
}
