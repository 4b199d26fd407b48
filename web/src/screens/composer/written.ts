/** Addresses as people type and paste them: “Lan Trần <lan@congty.vn>, binh@congty.vn; …”. */
import type { Address } from "$/jmap/types";

/** Loose on purpose: the server has the last word. */
const ADDRESS = /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+\.[^\s@<>(),;:"\\[\]]+$/u;
const LOCAL_HOST = /^[^\s@<>(),;:"\\[\]]+@localhost$/u;

export function isAddress(email: string): boolean {
  return ADDRESS.test(email) || LOCAL_HOST.test(email);
}

/** Everything in a text, also what is no address: that is marked for the person to put right. */
export function parseWritten(text: string): Address[] {
  return split(text)
    .flatMap(several)
    .map(one)
    .filter((found) => found.email !== "");
}

/** At commas, semicolons and line ends that are neither in quotes nor in angle brackets. */
function split(text: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  let quoted = false;
  let angled = false;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (letter === "<" && !quoted) angled = true;
    else if (letter === ">" && !quoted) angled = false;
    if ((letter === "\n" || letter === "\r") || (",;".includes(letter) && !quoted && !angled)) {
      pieces.push(piece);
      piece = "";
      quoted = angled = false;
    } else piece += letter;
  }
  return [...pieces, piece];
}

/** “a@b.c d@e.f”, as copied from a table. */
function several(piece: string): string[] {
  const words = piece.trim().split(/\s+/u);
  return words.length > 1 && words.every(isAddress) ? words : [piece];
}

function one(piece: string): Address {
  const found = /^(.*)<([^<>]*)>\s*$/su.exec(piece.trim());
  if (found === null) return { name: null, email: piece.trim().replace(/^mailto:/iu, "") };
  const name = unquoted((found[1] ?? "").trim());
  return { name: name === "" ? null : name, email: (found[2] ?? "").trim() };
}

function unquoted(name: string): string {
  const found = /^"(.*)"$/su.exec(name);
  return (found === null ? name : (found[1] ?? "").replace(/\\(.)/gsu, "$1")).trim();
}

export function sameAddress(one: Address, other: Address): boolean {
  return one.email.toLowerCase() === other.email.toLowerCase();
}

/** Each address once, the first that was written. */
export function unique(addresses: Address[]): Address[] {
  return addresses.filter((one, index) => addresses.findIndex((other) => sameAddress(one, other)) === index);
}

/** “Lan Trần <lan@congty.vn>”, for a tip and for the clipboard. */
export function written(address: Address): string {
  if (address.name === null || address.name === "") return address.email;
  const name = /[",;<>@()]/u.test(address.name) ? `"${address.name.replaceAll(/["\\]/gu, "\\$&")}"` : address.name;
  return `${name} <${address.email}>`;
}
