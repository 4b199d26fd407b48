/** A picture for a signature: small enough to go along with every message. */

const WIDTHS = [480, 320, 200];
/** As `data:` address (RFC 2397); a signature may have 65,536 characters together (docs/jmap.md, Identity). */
const CHARACTERS_MAX = 40_000;
const KEPT = new Set(["image/png", "image/jpeg", "image/gif"]);
/** What every mail program shows; without colours that shine through the second is smaller. */
const DRAWN = ["image/png", "image/jpeg"];

/** Its `data:` address, drawn smaller where it must be; null: it is no picture that the browser knows. */
export async function logoOf(file: File): Promise<string | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const isSmall = bitmap.width <= WIDTHS[0]! && KEPT.has(file.type) && file.size < CHARACTERS_MAX * 0.7;
  const address = isSmall ? await asItIs(file) : drawnSmaller(bitmap);
  bitmap.close();
  return address;
}

function asItIs(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}

function drawnSmaller(bitmap: ImageBitmap): string | null {
  for (const width of WIDTHS) {
    for (const type of DRAWN) {
      const address = drawn(bitmap, Math.min(width, bitmap.width), type);
      if (address.length <= CHARACTERS_MAX) return address;
    }
  }
  return null;
}

function drawn(bitmap: ImageBitmap, width: number, type: string): string {
  const height = Math.max(1, Math.round((bitmap.height * width) / bitmap.width));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  if (context === null) return "";
  if (type === "image/jpeg") {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas.toDataURL(type, 0.85);
}
