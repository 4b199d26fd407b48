"""QR codes as SVG. segno stands behind this module alone."""

from io import BytesIO
from typing import Final

MODULE_PIXELS: Final = 4
QUIET_MODULES: Final = 4
"""ISO/IEC 18004 §6.3.8: less of it and cameras miss the code."""


def qr_svg(text: str) -> str:
    """An SVG document, dark on white in every colour scheme: cameras want it so."""
    import segno

    out = BytesIO()
    segno.make_qr(text, error="m").save(
        out, kind="svg", scale=MODULE_PIXELS, border=QUIET_MODULES, xmldecl=False, dark="#000", light="#fff"
    )
    return out.getvalue().decode("ascii").strip()
