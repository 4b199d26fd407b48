"""nh3 (ammonia, html5ever): one HTML5 parser and one serialiser for all that is shown."""

from collections.abc import Callable, Mapping
from typing import Final

import nh3

from bocau.base.errors import SyntaxFault
from bocau.formats.html.allowed import ATTRIBUTES, OURS, SCHEMES, TAGS, WITHOUT_CONTENT

REL: Final = "noopener noreferrer nofollow"

AttributeFilter = Callable[[str, str, str], str | None]
"""(tag, attribute, value) → the value to keep, or None."""

_FINAL: Final = {
    tag: ATTRIBUTES.get(tag, frozenset()) | OURS.get(tag, frozenset()) for tag in {*ATTRIBUTES, *OURS}
}


def sanitize(html: str, keep: AttributeFilter) -> str:
    """Clean by the allow-lists; every attribute goes through `keep`. SyntaxFault when the parser fails."""
    return _clean(html, ATTRIBUTES, SCHEMES, keep)


def sanitize_again(html: str) -> str:
    """The last step: what was changed since is parsed anew and serialised once. SyntaxFault."""
    return _clean(html, _FINAL, SCHEMES, None)


def _clean(
    html: str,
    attributes: Mapping[str, frozenset[str]],
    schemes: frozenset[str],
    keep: AttributeFilter | None,
) -> str:
    try:
        return nh3.clean(
            html,
            tags=set(TAGS),
            clean_content_tags=set(WITHOUT_CONTENT),
            attributes={tag: set(names) for tag, names in attributes.items()},
            attribute_filter=keep,
            url_schemes=set(schemes),
            link_rel=REL,
            set_tag_attribute_values={"a": {"target": "_blank"}, "area": {"target": "_blank"}},
        )
    except BaseException as error:
        # A panic of Rust is a BaseException (pyo3_runtime.PanicException), and no reason to end the process.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise SyntaxFault("this HTML cannot be read") from None
