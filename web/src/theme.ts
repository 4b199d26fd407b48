/** Light, dark, or as the device is: for the page, and for the bars that the device draws around it. */

export type Theme = "system" | "light" | "dark";

/** The surface of styles/tokens.css, as index.html has it for the device's own choice. */
const SURFACES = { light: "#f6f7f9", dark: "#1c2027" };

export function showTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes("dark") ? "dark" : "light";
    meta.content = SURFACES[theme === "system" ? own : theme];
  }
}
