// @ts-check
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { compress } from "./build/compress.js";
import { words } from "./build/words.js";

const DIST = process.env["BOCAU_WEB_DIST"] ?? join(import.meta.dirname, "..", "src", "bocau", "services", "web", "dist");
const SERVER = process.env["BOCAU_SERVER"] ?? "http://127.0.0.1:2080";

export default defineConfig({
  plugins: [words(), svelte(), compress(DIST)],
  resolve: { alias: { $: join(import.meta.dirname, "src") } },
  build: {
    outDir: DIST,
    emptyOutDir: true,
    // From these on browsers know light-dark() of CSS.
    target: ["chrome123", "firefox121", "safari17.5"],
    // Nothing as a data: URL: a strict Content-Security-Policy, and each file cached by its own name.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/jmap": SERVER, "/auth": SERVER, "/.well-known": SERVER } },
  test: { include: ["src/**/*.test.ts", "tests/**/*.test.js"] },
});
