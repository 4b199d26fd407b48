/** mailto: links (RFC 6068): only what a person may check before sending is taken, never a file. */
import type { ComposeStart } from "$/routes";

const LENGTH_MAX = 20_000;

export function parseMailto(url: string): Extract<ComposeStart, { to: string }> | null {
  if (!/^mailto:/iu.test(url) || url.length > LENGTH_MAX) return null;
  const [to = "", query = ""] = url.slice("mailto:".length).split(/\?(.*)/su);
  const values = new Map<string, string>();
  for (const pair of query.split("&")) {
    const [name = "", value = ""] = pair.split(/=(.*)/su);
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, decoded(value));
  }
  const also = values.get("to");
  return {
    to: [decoded(to), also].filter(Boolean).join(", "),
    cc: values.get("cc") ?? "",
    bcc: values.get("bcc") ?? "",
    subject: (values.get("subject") ?? "").replaceAll(/[\r\n]+/gu, " "),
    body: (values.get("body") ?? "").replaceAll("\r\n", "\n"),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
