/**
 * Pictures that stand in a text itself (`data:`, RFC 2397), as in signatures and in what is pasted from other programs.
 *
 *     the editor's html ─ found → files, uploaded with the next save ─ named → html that names them by their content id
 *
 * Many mail programs show no `data:` picture, so each becomes a part of the message.
 */
import { inside, parsed } from "./parsed";

/** Of one picture; larger ones are attached as files. */
export const PICTURE_CHARACTERS_MAX = 64 * 1024;
const NAME_MAX = 60;
/** No SVG: that is a document of its own. */
const PICTURE = /^data:(image\/(?:png|jpeg|gif|webp));base64,([\w+/=]+)$/u;
const WITHIN = 'img[src^="data:"]';

export function isPicture(source: string): boolean {
  return source.length <= PICTURE_CHARACTERS_MAX && PICTURE.test(source);
}

/** Address and file of each, once. */
export function found(html: string): Map<string, File> {
  const files = new Map<string, File>();
  for (const image of imagesOf(html)) {
    const [source, type, data] = PICTURE.exec(image.getAttribute("src") ?? "") ?? [];
    if (source === undefined || type === undefined || data === undefined || files.has(source)) continue;
    const bytes = bytesOf(data);
    if (bytes !== null) files.set(source, new File([bytes], `${image.alt.slice(0, NAME_MAX) || "image"}.${type.slice("image/".length)}`, { type }));
  }
  return files;
}

/** The same html, with content ids in the place of the addresses that have one. */
export function named(html: string, cids: ReadonlyMap<string, { cid: string | null }>): string {
  if (cids.size === 0) return html;
  const images = imagesOf(html);
  for (const image of images) {
    const cid = cids.get(image.getAttribute("src") ?? "")?.cid;
    if (cid == null) continue;
    image.setAttribute("data-cid", cid);
    image.removeAttribute("src");
  }
  return images[0] === undefined ? html : inside(images[0].ownerDocument.body);
}

function imagesOf(html: string): HTMLImageElement[] {
  return html.includes("data:image/") ? [...parsed(html).querySelectorAll<HTMLImageElement>(WITHIN)] : [];
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
