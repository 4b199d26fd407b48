"""The webmail in a real browser: when rows are painted, when a body is there, how scrolling goes."""

import importlib.util
import os
import time

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
LOADS = 7
OPENED = 12
STEPS = 120
WAIT_SECONDS = 60.0
# Seen in the page itself, so that the way to the browser and back costs nothing.
WATCH = """
const look = () => {
  if (document.querySelector("[role=grid] [role=row]")) {
    requestAnimationFrame(() => { window.rowsAt = performance.now(); });
  } else requestAnimationFrame(look);
};
requestAnimationFrame(look);
addEventListener("click", () => { window.clickAt = performance.now(); }, true);
document.addEventListener("load", (event) => {
  if (event.target instanceof HTMLIFrameElement) window.bodyAt = performance.now();
}, true);
"""
SCROLL = """
async (steps) => {
  let place = document.querySelector("[role=grid]");
  while (place.scrollHeight <= place.clientHeight || getComputedStyle(place).overflowY === "visible") {
    place = place.parentElement;
  }
  const frames = [], counts = [];
  let before = await new Promise(requestAnimationFrame);
  for (let step = 0; step < steps; step++) {
    place.scrollTop += step % 20 === 19 ? place.scrollHeight / 8 : 240;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    counts.push(document.querySelectorAll("[role=grid], [role=grid] *").length);
    before = now;
  }
  return [frames, Math.max(...counts)];
}
"""


def is_there():
    return os.path.exists(CHROMIUM) and importlib.util.find_spec("playwright") is not None


def measure(prof, user, report):
    """report(name, seconds, …) for what a person sees."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(viewport={"width": 1366, "height": 800}, locale="en-GB")
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.add_init_script(WATCH)
        base = f"http://{prof['host']}:{prof['http']}"
        _log_in(page, base, prof["user"].replace("%d", str(user)), prof["password"])
        report("paint_list", [_load(page, base) for _ in range(LOADS)])
        rows = page.locator("[role=grid] [role=row]")
        report("paint_open", [_open(page, base, rows, k) for k in range(OPENED)])
        page.goto(f"{base}/mail/inbox")
        rows.first.wait_for()
        frames, count = page.evaluate(SCROLL, STEPS)
        report("scroll_frame", [frame / 1000 for frame in frames])
        report("scroll_nodes", [0.0], count=count)
        browser.close()


def _log_in(page, base, name, password):
    page.goto(f"{base}/login")
    page.locator("input[autocomplete=username]").fill(name)
    page.locator("input[type=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.locator("[role=grid] [role=row]").first.wait_for()


def _until(page, condition):
    # page.wait_for_function needs eval, which the page's policy forbids.
    end = time.monotonic() + WAIT_SECONDS
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.02)


def _load(page, base):
    page.goto(f"{base}/mail/inbox")
    _until(page, "window.rowsAt > 0")
    return page.evaluate("window.rowsAt") / 1000


def _open(page, base, rows, number):
    page.goto(f"{base}/mail/inbox")
    row = rows.nth(number)
    row.wait_for()
    page.evaluate("window.bodyAt = 0")
    row.click(position={"x": 300, "y": 10})
    _until(page, "window.bodyAt > window.clickAt")
    return page.evaluate("window.bodyAt - window.clickAt") / 1000
