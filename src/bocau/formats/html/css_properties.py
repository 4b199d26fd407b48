"""Which properties and functions of CSS a message may use."""

from typing import Final

_SIDES: Final = ("top", "right", "bottom", "left")
_CORNERS: Final = ("top-left", "top-right", "bottom-left", "bottom-right")

COLOURS: Final = frozenset(("color", "background", "background-color", "background-image"))
"""A message that says one of these has colours of its own."""
PICTURED: Final = frozenset(("background", "background-image"))
"""Where url() may stand."""
PROPERTIES: Final = COLOURS | frozenset(
    (
        *(
            "background-position",
            "background-repeat",
            "background-size",
            "background-clip",
            "background-origin",
        ),
        *("border", "border-collapse", "border-color", "border-radius", "border-spacing", "border-style"),
        *("border-width", "box-shadow", "box-sizing", "caption-side", "clear", "column-gap", "direction"),
        *(
            "display",
            "empty-cells",
            "float",
            "font",
            "font-family",
            "font-size",
            "font-stretch",
            "font-style",
        ),
        *("font-variant", "font-weight", "gap", "height", "hyphens", "justify-content", "letter-spacing"),
        *("align-content", "align-items", "align-self", "flex", "flex-basis", "flex-direction", "flex-flow"),
        *("flex-grow", "flex-shrink", "flex-wrap", "order", "row-gap", "line-height", "list-style"),
        *("list-style-position", "list-style-type", "margin", "max-height", "max-width", "min-height"),
        *("min-width", "object-fit", "opacity", "overflow", "overflow-wrap", "overflow-x", "overflow-y"),
        *("padding", "table-layout", "tab-size", "text-align", "text-decoration", "text-decoration-color"),
        *("text-decoration-line", "text-decoration-style", "text-indent", "text-overflow", "text-shadow"),
        *("text-transform", "unicode-bidi", "vertical-align", "visibility", "white-space", "width"),
        *("word-break", "word-spacing", "word-wrap"),
        *(f"{box}-{side}" for box in ("margin", "padding", "border") for side in _SIDES),
        *(f"border-{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
        *(f"border-{corner}-radius" for corner in _CORNERS),
    )
)
FUNCTIONS: Final = frozenset(
    ("rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "linear-gradient", "radial-gradient")
)
