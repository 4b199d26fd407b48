"""Sizes on the command line: 500M, 2G, 1048576."""

from typing import Any, Final

import click

UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Size(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes, with K, M, G or T for thousands."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        digits = value.upper().removesuffix("B").rstrip("KMGT")
        unit = value.upper().removesuffix("B")[len(digits) :]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15 and unit in UNITS):
            self.fail(f"{value!r} is not a size, as in 500M or 2G", param, ctx)
        return int(digits) * UNITS[unit]


SIZE: Final = Size()
