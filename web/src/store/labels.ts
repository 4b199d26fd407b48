/** Labels are keywords of the mail, so that every other mail program sees them too (RFC 9051 §2.3.2). */

const LENGTH_MAX = 60;

/** A keyword for a label's name: an atom of ASCII, and one that no other label has. */
export function labelKeyword(name: string, taken: string[]): string {
  const plain = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, LENGTH_MAX);
  const base = plain === "" ? "label" : plain;
  let keyword = base;
  for (let count = 2; taken.includes(keyword); count += 1) keyword = `${base}_${count}`;
  return keyword;
}
