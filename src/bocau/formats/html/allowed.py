"""What of HTML may be in a message that is shown.

No svg and math (every few months a new way to run script is found there), no style, form, frame, object,
media, base, meta, link; no raw text (xmp, noscript, textarea).
"""

from typing import Final

TAGS: Final = frozenset(
    (
        *("a", "abbr", "acronym", "address", "area", "article", "aside", "b", "bdi", "bdo", "big"),
        *("blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details"),
        *("dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "map", "mark", "nav"),
        *("nobr", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span"),
        *("strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
        *("time", "tr", "tt", "u", "ul", "var", "wbr"),
    )
)
WITHOUT_CONTENT: Final = frozenset(
    (
        *("script", "style", "title", "head", "svg", "math", "iframe", "object", "embed", "applet", "audio"),
        *("video", "canvas", "template", "noscript", "noembed", "noframes", "xmp", "plaintext", "textarea"),
        *("select", "option", "frameset", "frame"),
    )
)
"""These go with all that is in them; any other tag that is not allowed leaves its text behind."""

_EVERYWHERE: Final = frozenset(("style", "class", "id", "dir", "lang", "align"))
_CELL: Final = frozenset(("width", "height", "bgcolor", "valign", "colspan", "rowspan", "nowrap"))
ATTRIBUTES: Final = {
    "*": _EVERYWHERE,
    "a": frozenset(("href", "name")),
    "abbr": frozenset(("title",)),
    "area": frozenset(("href", "shape", "coords", "alt")),
    "blockquote": frozenset(("type",)),
    "col": frozenset(("span", "width")),
    "colgroup": frozenset(("span", "width")),
    "details": frozenset(("open",)),
    "font": frozenset(("color", "face", "size")),
    "hr": frozenset(("width", "size", "color", "noshade")),
    "img": frozenset(("src", "alt", "title", "width", "height", "border", "hspace", "vspace", "usemap")),
    "li": frozenset(("type", "value")),
    "map": frozenset(("name",)),
    "ol": frozenset(("type", "start", "reversed")),
    "table": frozenset(("width", "height", "bgcolor", "border", "cellpadding", "cellspacing")),
    "tbody": frozenset(("valign",)),
    "td": _CELL,
    "th": _CELL | {"scope"},
    "thead": frozenset(("valign",)),
    "tr": frozenset(("bgcolor", "valign", "height")),
    "ul": frozenset(("type",)),
}
"""Of the message as it comes; each value is looked at by `attributes.Rewriter`."""

OURS: Final = {
    "a": frozenset(("title",)),
    "img": frozenset(("data-src",)),
}
"""What we add: where a link leads, and where an image in a quotation was."""

SCHEMES: Final = frozenset(("http", "https", "mailto", "tel", "cid", "data"))
LINK_SCHEMES: Final = frozenset(("http", "https", "mailto", "tel"))
PREFIX: Final = "m-"
"""Before every class and id of a message: they can name nothing of ours (DOM clobbering)."""
