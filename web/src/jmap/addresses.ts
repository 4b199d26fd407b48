/** URLs of blobs and of the push channel, from the session's templates (RFC 8620 §2). */
import { session } from "$/session.svelte";

function filled(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

export function downloadUrl(blobId: string, name: string, type = "application/octet-stream"): string {
  return filled(session.object.downloadUrl, { accountId: session.accountId, blobId, name, type });
}

export function uploadUrl(): string {
  return filled(session.object.uploadUrl, { accountId: session.accountId });
}

/** With what has changed since the page's own beginning: nothing that came before the line was there is missed. */
export function eventSourceUrl(types: string[], pingSeconds: number): string {
  const url = filled(session.object.eventSourceUrl, { types: types.join(","), closeafter: "no", ping: String(pingSeconds) });
  const begun = session.boot?.pushState ?? "";
  return begun === "" ? url : `${url}&lastEventId=${encodeURIComponent(begun)}`;
}
