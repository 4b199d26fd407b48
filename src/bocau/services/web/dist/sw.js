/**
 * Keeps the webmail's own files, so that it opens without a connection and says so. It never keeps mail: pages with
 * somebody's session in them, answers, bodies and attachments pass by.
 */
const SHELL = "bocau-shell";
const PAGE = "/login";
const ICON = "/icon.svg";
/** In the page, where the server writes who is logged in; and what stands there in the page that is kept. */
const NOBODY = 'id="boot">null<';
const KEPT = 'id="boot">"kept"<';
/** Files of old builds leave when there are more. */
const FILES_MAX = 120;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  // Changes do not come this way, so that the last one of a page that goes is not lost with it.
  event.addRoutes?.({ condition: { requestMethod: "POST" }, source: "network" });
  event.waitUntil(keepPage());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(file(request));
  else if (url.pathname === ICON) event.respondWith(fetch(request).catch(() => caches.match(ICON)));
  else if (request.mode === "navigate" && request.destination === "document") event.respondWith(page(request));
});

/** A file's name changes with its content. */
async function file(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
    await trim(cache);
  }
  return response;
}

async function trim(cache) {
  const keys = await cache.keys();
  const files = keys.filter((one) => new URL(one.url).pathname.startsWith("/assets/"));
  await Promise.all(files.slice(0, Math.max(0, files.length - FILES_MAX)).map((one) => cache.delete(one)));
}

/** The server's page; without a connection the one that nobody is logged in to. */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(SHELL)).match(PAGE);
    if (kept === undefined) throw error;
    return kept;
  }
}

/** Asked for without the cookie: nothing of the session is in it. What it needs to be shown is kept with it. */
async function keepPage() {
  const response = await fetch(PAGE, { credentials: "omit", cache: "no-store" });
  if (!response.ok) return;
  const text = await response.text();
  const headers = new Headers(response.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const cache = await caches.open(SHELL);
  await cache.addAll([ICON, ...new Set(text.match(/\/assets\/[\w.-]+/g))]);
  await cache.put(PAGE, new Response(text.replace(NOBODY, KEPT), { headers }));
}
