/** Whether a message speaks of something attached, in English or Vietnamese. */

const WORDS =
  /(?<![\p{L}\p{M}])(?:attach(?:ed|ment|ments|ing)?|enclos(?:ed|ing|ure)|(?:gửi|xin|có|file|tệp|tài liệu|hình|ảnh|bản|văn bản|thư)\s+(?:được\s+)?(?:đính|kèm)|đính\s+kèm|kèm\s+(?:theo|file|tệp|thư|đây)|dinh\s+kem|kem\s+theo|tệp\s+gửi)(?![\p{L}\p{M}])/iu;

/** `text`: only what the person wrote, without quotation and signature. */
export function speaksOfAttachment(text: string): boolean {
  return WORDS.test(text.normalize("NFC"));
}

/** The lines above the quotation, in a plain text. */
export function ownLines(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line, index) => line === "-- " || (line.startsWith(">") && index > 0));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .filter((line) => !line.startsWith(">"))
    .join("\n");
}
