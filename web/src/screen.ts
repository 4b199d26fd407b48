/**
 * What an on-screen keyboard leaves of the screen, as `--screen` (its height) and `--screen-top`; and what it takes,
 * `--covered`.
 *
 * Where the browser makes the page smaller itself (`interactive-widget` in index.html) there is nothing to say; Safari
 * lays the keyboard over the page and moves the page beneath it.
 */

/** What hides less is no keyboard: a browser's own bars come and go. */
const KEYBOARD_PX = 120;

export function followKeyboard(): void {
  const { visualViewport: seen } = window;
  if (seen === null) return;
  const fit = () => {
    const { style } = document.documentElement;
    // Magnified with two fingers one sees a part of the page, which must not be laid out again for it.
    const isCovered = seen.scale < 1.01 && innerHeight - seen.height > KEYBOARD_PX;
    if (isCovered) {
      style.setProperty("--screen", `${seen.height}px`);
      style.setProperty("--screen-top", `${seen.offsetTop}px`);
      style.setProperty("--covered", `${innerHeight - seen.height - seen.offsetTop}px`);
    } else {
      for (const name of ["--screen", "--screen-top", "--covered"]) style.removeProperty(name);
    }
  };
  seen.addEventListener("resize", fit);
  seen.addEventListener("scroll", fit);
}
