"""axe-core in a page: rules of WCAG 2.2 AA and good practice (the PyPI package brings its file along)."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const runOnly = {type: "tag", values: tags};
  const told = await axe.run(document, {runOnly, resultTypes: ["violations"], iframes: false});
  const shown = ({html, failureSummary}) => ({html: html.slice(0, 300), why: failureSummary.slice(0, 400)});
  return told.violations.map(({id, help, nodes}) => ({id, help, nodes: nodes.slice(0, 5).map(shown)}));
}"""


@lru_cache(maxsize=1)
def _program() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None and found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong. It is evaluated, so that the page's policy need not let it in."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_program())
    told: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return told
