/** The HTML of a SearchSnippet (RFC 8621 §5): escaped text with <mark>; it is never put into a page as HTML. */

export interface Part {
  text: string;
  isMark: boolean;
}

/** Letters that may stand before the first mark. */
const LEAD = 24;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

export function markedParts(html: string): Part[] {
  let isMark = false;
  const parts: Part[] = [];
  for (const piece of html.split(/(<\/?mark>)/)) {
    if (piece === "<mark>" || piece === "</mark>") isMark = piece === "<mark>";
    else if (piece !== "") parts.push({ text: unescaped(piece), isMark });
  }
  return parts;
}

/** The same with its first mark near the beginning, where a single line shows it. */
export function fromFirstMark(parts: Part[]): Part[] {
  const [before, ...rest] = parts;
  if (before === undefined || before.isMark || before.text.length <= LEAD || rest.length === 0) return parts;
  const lead = before.text.slice(-LEAD);
  return [{ text: `…${lead.slice(lead.indexOf(" ") + 1)}`, isMark: false }, ...rest];
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
