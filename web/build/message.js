// @ts-check
/**
 * One message in a subset of ICU MessageFormat, compiled to a JavaScript expression.
 *
 *     "{count, plural, one {# email} other {# emails}} in {folder}"
 *
 * Known: {name}, {name, plural, =0 {…} one {…} other {…}} and # within a branch.
 */

/**
 * @param {string} text
 * @returns {{ expression: string, names: string[] }} an expression over `v`, `show` and `plural`; the names it takes
 */
export function compileMessage(text) {
  const names = new Set();
  let at = 0;

  /** @param {string} why @returns {never} */
  function fail(why) {
    throw new Error(`${why} at ${at} in the message: ${text}`);
  }

  /** @param {string | null} counted the argument that # stands for @param {boolean} nested */
  function sequence(counted, nested) {
    /** @type {string[]} */
    const parts = [];
    let literal = "";
    const flush = () => {
      if (literal) parts.push(JSON.stringify(literal));
      literal = "";
    };
    while (at < text.length) {
      const letter = text[at];
      if (letter === "{") {
        flush();
        at += 1;
        parts.push(argument());
      } else if (letter === "}") {
        if (!nested) fail("a } too many");
        break;
      } else if (letter === "#" && counted !== null) {
        flush();
        parts.push(`show(v.${counted})`);
        at += 1;
      } else {
        literal += letter;
        at += 1;
      }
    }
    flush();
    return parts.length === 0 ? '""' : parts.join(" + ");
  }

  /** @param {RegExp} pattern */
  function take(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) fail("not understood");
    at += found[0].length;
    return found[1] ?? "";
  }

  function argument() {
    const name = take(/\s*([a-z][A-Za-z0-9]*)\s*/y);
    names.add(name);
    if (text[at] === "}") {
      at += 1;
      return `show(v.${name})`;
    }
    take(/,\s*(plural)\s*,\s*/y);
    /** @type {string[]} */
    const branches = [];
    while (text[at] !== "}") {
      const which = take(/(=\d+|zero|one|two|few|many|other)\s*\{/y);
      branches.push(`${JSON.stringify(which)}: ${sequence(name, true)}`);
      take(/\}\s*/y);
    }
    at += 1;
    if (!branches.some((one) => one.startsWith('"other"'))) fail("no branch “other”");
    return `plural(v.${name}, { ${branches.join(", ")} })`;
  }

  return { expression: sequence(null, false), names: [...names] };
}
