/** The service worker (public/sw.js): it keeps the webmail's own files. */

const SCRIPT = "/sw.js";

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

/** The page's policy allows no script's address but this one. */
function trusted(): string {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  return policies?.createPolicy("bocau", { createScriptURL: () => SCRIPT }).createScriptURL(SCRIPT) ?? SCRIPT;
}

export function install(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  // A browser that does not trust the certificate refuses; the webmail works without.
  window.addEventListener("load", () => void navigator.serviceWorker.register(trusted(), { updateViaCache: "none" }).catch(() => undefined));
}
