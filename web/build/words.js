// @ts-check
/**
 * The module "words": one function a message. Each is a module of its own, so that a chunk holds only the messages
 * that its screens use.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogueFiles, LANGUAGES, readCatalogue } from "./catalogue.js";
import { compileMessage } from "./message.js";

const ENTRY = "\0words";
const LANGUAGE = join(import.meta.dirname, "..", "src", "words", "language.svelte.ts");
const DECLARATIONS = join(import.meta.dirname, "..", "src", "words", "messages.d.ts");

/** @returns {import("vite").Plugin} */
export function words() {
  let messages = readCatalogue();
  return {
    name: "bocau-words",
    buildStart() {
      messages = readCatalogue();
      writeDeclarations();
      for (const file of catalogueFiles()) this.addWatchFile(file);
    },
    resolveId(id) {
      if (id === "words") return { id: ENTRY, moduleSideEffects: false };
      if (id.startsWith("words/")) return { id: `\0${id}`, moduleSideEffects: false };
      return null;
    },
    load(id) {
      if (id === ENTRY) return [...messages.keys()].map((key) => `export { default as ${key} } from "words/${key}";`).join("\n");
      const message = id.startsWith(`${ENTRY}/`) ? messages.get(id.slice(ENTRY.length + 1)) : undefined;
      return message === undefined ? null : moduleOf(message);
    },
  };
}

/** @param {import("./catalogue.js").Message} message */
function moduleOf(message) {
  const [en, vi] = LANGUAGES.map((language) => compileMessage(message.texts[language] ?? "").expression);
  const used = ["show", "plural"].filter((name) => `${en}${vi}`.includes(`${name}(`));
  return `import { ${["isVietnamese", ...used].join(", ")} } from ${JSON.stringify(LANGUAGE)};
export default (${message.names.length > 0 ? "v" : ""}) => isVietnamese() ? ${vi} : ${en};`;
}

/** What TypeScript knows of the messages. */
export function writeDeclarations() {
  const lines = [...readCatalogue().values()].map(({ key, names, texts }) => {
    const values = names.length > 0 ? `values: { ${names.map((name) => `${name}: string | number`).join("; ")} }` : "";
    return `  /** ${(texts["en"] ?? "").replaceAll("*/", "* /")} */\n  export function ${key}(${values}): string;`;
  });
  writeFileSync(DECLARATIONS, `declare module "words" {\n${lines.join("\n")}\n}\n`);
}
