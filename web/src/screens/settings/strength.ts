/**
 * How long a password would hold, told honestly: what the server refuses is never called good.
 *
 *     "Mật khẩu 123!" → what the server refuses (bocau.directory.guessing: the same words and rules) → the reason
 *     others          → known words and rows count little, the rest by its letters → bits → weak … strong
 */
import words from "../../../../src/bocau/directory/common_passwords.txt?raw";

export type Weakness = "SHORT" | "COMMON" | "NAME" | "SIMPLE";
export const CHARACTERS_MIN = 8;
const ROWS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"];
const PIECE_MIN = 3;
const APPENDED_MAX = 6;
const PERIOD_MAX = 4;
const SIGNS: Record<string, string> = { 0: "o", 1: "i", 3: "e", 4: "a", 5: "s", 7: "t", "@": "a", $: "s", "!": "i" };
const REASONS: Weakness[] = ["COMMON", "NAME", "SIMPLE"];
const COMMON = new Set(words.split(/\s+/u));

// --- what the server refuses ------------------------------------------------------------------

/** What is known of whoever has these addresses. */
export function namesOf(addresses: string[]): Set<string> {
  const found = addresses.flatMap((address) => {
    const [local = "", domain = ""] = folded(address).split("@");
    const labels = domain.split(".").slice(0, -1);
    const both = [domain, ...labels].map((label) => local + label);
    return [local, domain, ...local.split(/[^a-z0-9]+/u), ...labels, ...both];
  });
  return new Set(found.map(bareOf).filter((name) => name.length >= PIECE_MIN));
}

/** Null: the server takes it. */
export function weaknessOf(password: string, names: ReadonlySet<string>): Weakness | null {
  if ([...password].length < CHARACTERS_MIN) return "SHORT";
  const text = folded(password);
  const bare = once(bareOf(text) || text);
  if (bare.length <= PERIOD_MAX) return "SIMPLE";
  for (const word of cores(text, bare)) {
    const reason = known(word, names);
    if (reason !== null) return reason;
  }
  const reasons = (bare.match(/[a-z]+|[0-9]+/gu) ?? []).map((piece) => known(piece, names));
  return reasons.length > 0 && !reasons.includes(null) ? (REASONS.find((one) => reasons.includes(one)) ?? null) : null;
}

function folded(text: string): string {
  return text.normalize("NFKD").replaceAll(/[\u0300-\u036f]+/gu, "").toUpperCase().toLowerCase().replaceAll("đ", "d");
}

function bareOf(text: string): string {
  return text.replaceAll(/[^a-z0-9]+/gu, "");
}

/** The whole, and the word in it when only a little was put around it or in the place of letters. */
function cores(text: string, bare: string): string[] {
  const word = bare.replaceAll(/^[0-9]+|[0-9]+$/gu, "");
  const spelt = text.replaceAll(/^[^a-z]+|[^a-z]+$/gu, "");
  const read = [...spelt].map((letter) => SIGNS[letter] ?? letter).join("").replaceAll(/[^a-z]/gu, "");
  return [bare, ...(bare.length - word.length <= APPENDED_MAX ? [word] : []), ...(text.length - spelt.length <= APPENDED_MAX ? [read] : [])];
}

function known(piece: string, names: ReadonlySet<string>): Weakness | null {
  if (names.has(piece)) return "NAME";
  if (COMMON.has(piece)) return "COMMON";
  const unit = once(piece);
  return isRow(piece) || (piece.length > unit.length && unit.length <= PERIOD_MAX) ? "SIMPLE" : null;
}

function isRow(piece: string): boolean {
  const turned = [...piece].toReversed().join("");
  return piece.length >= PIECE_MIN && ROWS.some((row) => row.includes(piece) || row.includes(turned));
}

/** What a text is the repetition of. */
function once(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}

// --- how good the others are ------------------------------------------------------------------

/** 0: refused; 1 weak, 2 fair, 3 good, 4 strong. */
export type Level = 0 | 1 | 2 | 3 | 4;
const BITS = [32, 44, 58];
/** What is longer is strong whatever it says. */
const READ_MAX = 128;
const NAME_BITS = 3;
const WORD_BITS = 7;
/** A letter of a word, a digit of a date are easy to foresee; those that stand alone are not. */
const IN_WORD_BITS = 2.2;
const IN_NUMBER_BITS = 2.7;
const ALONE_BITS = 4;
const SPACE_BITS = 1;
const KIND_BITS = 3;
const KINDS = [/[a-z]/u, /[A-Z]/u, /[0-9]/u, /[^a-zA-Z0-9]/u];

export function levelOf(password: string, names: ReadonlySet<string>): Level {
  if (weaknessOf(password, names) !== null) return 0;
  const bits = bitsOf(password, names);
  return (1 + BITS.filter((least) => bits >= least).length) as Level;
}

function bitsOf(password: string, names: ReadonlySet<string>): number {
  const text = [...folded(password)].slice(0, READ_MAX).join("");
  const pieces = text.match(/[a-z]+|[0-9]+|\s|[^a-z0-9\s]+/gu) ?? [];
  const kinds = KINDS.filter((kind) => kind.test(password)).length;
  return pieces.reduce((sum, piece) => sum + bitsOfPiece(piece, names), 0) + (kinds - 1) * KIND_BITS;
}

function bitsOfPiece(piece: string, names: ReadonlySet<string>): number {
  const reason = known(piece, names);
  if (reason !== null) return reason === "NAME" ? NAME_BITS : WORD_BITS;
  if (/\s/u.test(piece)) return SPACE_BITS;
  const isMonotone = new Set(piece).size < piece.length / 3;
  const length = isMonotone ? PIECE_MIN : [...piece].length;
  if (length < PIECE_MIN) return length * ALONE_BITS;
  return length * (/[a-z]/u.test(piece) ? IN_WORD_BITS : IN_NUMBER_BITS);
}
