/** Names of people as a header shows them. */
import * as m from "words";
import type { Address } from "$/jmap/types";
import { session } from "$/session.svelte";

export function isMe(address: Address): boolean {
  return address.email.toLowerCase() === session.name.toLowerCase();
}

/** `full`: with the addresses. */
export function nameOf(address: Address, full = false): string {
  if (!full) return isMe(address) ? m.readerMe() : address.name || address.email;
  return address.name ? `${address.name} <${address.email}>` : address.email;
}

export function namesOf(addresses: Address[] | null, full = false): string {
  return (addresses ?? []).map((one) => nameOf(one, full)).join(", ");
}
