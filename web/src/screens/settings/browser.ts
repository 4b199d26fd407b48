/** A browser and its system by what it says of itself: a hint for people, nothing to rely on. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:A|iOS)?\//u, "Edge"],
  [/\bOPR\//u, "Opera"],
  [/\bcoc_coc_browser\//iu, "Cốc Cốc"],
  [/\bSamsungBrowser\//u, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//u, "Firefox"],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//u, "Chrome"],
  [/\bVersion\/.*Safari\//u, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/u, "iPhone"],
  [/\biPad\b/u, "iPad"],
  [/\bAndroid\b/u, "Android"],
  [/\bWindows\b/u, "Windows"],
  [/\bMac OS X\b/u, "macOS"],
  [/\bLinux\b/u, "Linux"],
];

/** “Firefox · Windows”; "" when nothing is known. */
export function browserName(userAgent: string): string {
  const found = [BROWSERS, SYSTEMS].map((table) => table.find(([pattern]) => pattern.test(userAgent))?.[1]);
  return found.filter((one) => one !== undefined).join(" · ") || userAgent.slice(0, 60);
}
