"""WebDriver (W3C, "classic"): one page of a stock browser, whichever wire its engine speaks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")
Json = dict[str, Any]

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference (WebDriver §12.1)."""
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05
KEYS = {
    "Backspace": "\ue003", "Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009",
    "Escape": "\ue00c", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011", "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Delete": "\ue017",
}  # fmt: skip
"""WebDriver §17.4.2."""


class DriverError(AssertionError):
    """What the browser refused, in its own words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


@dataclass(frozen=True)
class Command:
    """One command as both wires name it; `{element}` in a path is taken from the arguments."""

    method: str
    path: str
    marionette: str


GO = Command("POST", "url", "WebDriver:Navigate")
RESIZE = Command("POST", "window/rect", "WebDriver:SetWindowRect")
RUN = Command("POST", "execute/sync", "WebDriver:ExecuteScript")
RUN_ASYNC = Command("POST", "execute/async", "WebDriver:ExecuteAsyncScript")
FIND = Command("POST", "elements", "WebDriver:FindElements")
CLICK = Command("POST", "element/{element}/click", "WebDriver:ElementClick")
TYPE = Command("POST", "element/{element}/value", "WebDriver:ElementSendKeys")
WINDOW = Command("GET", "window", "WebDriver:GetWindowHandle")
SWITCH = Command("POST", "window", "WebDriver:SwitchToWindow")
CLOSE = Command("DELETE", "window", "WebDriver:CloseWindow")
ENTER_FRAME = Command("POST", "frame", "WebDriver:SwitchToFrame")
ACT = Command("POST", "actions", "WebDriver:PerformActions")
WINDOWS = Command("GET", "window/handles", "WebDriver:GetWindowHandles")


class Wire(Protocol):
    """How commands reach a browser."""

    def send(self, command: Command, arguments: Json) -> Any:
        """What the browser answers; raises DriverError."""
        ...


def eventually(look: Callable[[], Result], seconds: float = WAIT_SECONDS) -> Result:
    """What `look` returns as soon as it is true; what is not there yet is no error."""
    deadline = time.monotonic() + seconds
    while True:
        refused: DriverError | None = None
        try:
            if result := look():
                return result
        except DriverError as exc:
            refused = exc
        if time.monotonic() > deadline:
            raise refused or AssertionError(f"not within {seconds} s")
        time.sleep(POLL_SECONDS)


class Page:
    """What a person sees and does; elements are their references."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    # --- where -----------------------------------------------------------------------

    def go(self, url: str) -> None:
        self._wire.send(GO, {"url": url})

    @property
    def url(self) -> str:
        return str(self.run("return location.href"))

    def windows(self) -> list[str]:
        return list(self._wire.send(WINDOWS, {}))

    @contextmanager
    def new_window(self) -> Iterator[None]:
        """In the one that what was done has opened; it is closed in the end."""
        here = self._wire.send(WINDOW, {})
        (there,) = eventually(lambda: [one for one in self.windows() if one != here])
        self._wire.send(SWITCH, {"handle": there})
        yield
        self._wire.send(CLOSE, {})
        self._wire.send(SWITCH, {"handle": here})

    def resize(self, width: int, height: int) -> None:
        """The page itself, in px; what a window adds around it depends on the engine."""
        outer_width, outer_height = self.run(
            "return [outerWidth - innerWidth + arguments[0], outerHeight - innerHeight + arguments[1]]",
            width,
            height,
        )
        self._wire.send(RESIZE, {"width": outer_width, "height": outer_height})

    # --- what is there ---------------------------------------------------------------

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function with this body returns."""
        return self._wire.send(RUN, {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments: Any) -> Any:
        """What the promise with this body comes to."""
        return self._wire.send(RUN_ASYNC, {"script": PROMISED % script, "args": list(arguments)})

    def all(self, css: str) -> list[Json]:
        return list(self._wire.send(FIND, {"using": "css selector", "value": css}))

    def find(self, css: str, *, text: str = "") -> Json:
        """The first that can be seen and has that text; waits for it."""
        return eventually(lambda: self.run(FIRST, css, text))

    def gone(self, css: str, *, text: str = "") -> None:
        eventually(lambda: self.run(FIRST, css, text) is None)

    def named(self, role: str, name: str, within: str = "body") -> Json:
        """The first with this role and accessible name that can be seen; waits for it."""
        return eventually(lambda: self.run(NAMED, ROLES[role], name, within))

    # --- what is done ----------------------------------------------------------------

    def click(self, element: Json) -> None:
        self._wire.send(CLICK, element_in(element))

    def press(self, name: str, role: str = "button", within: str = "body") -> None:
        """Click what has this name; again when it was moved away in that moment."""
        eventually(lambda: self.click(self.named(role, name, within)) or True)

    def type(self, element: Json, text: str) -> None:
        self._wire.send(TYPE, {**element_in(element), "text": text, "value": list(text)})

    def keys(self, *keys: str, held: tuple[str, ...] = ()) -> None:
        """Keys one after the other, at the focus; those `held` are down meanwhile."""
        down = [{"type": "keyDown", "value": KEYS[one]} for one in held]
        up = [{"type": "keyUp", "value": KEYS[one]} for one in reversed(held)]
        struck = [
            {"type": kind, "value": KEYS.get(one, one)} for one in keys for kind in ("keyDown", "keyUp")
        ]
        self._act({"type": "key", "id": "keyboard", "actions": [*down, *struck, *up]})

    def write(self, text: str) -> None:
        """At the focus, letter by letter."""
        self.keys(*text)

    def _act(self, *sources: Json) -> None:
        self._wire.send(ACT, {"actions": list(sources)})

    # --- frames ----------------------------------------------------------------------

    @contextmanager
    def within(self, frame: Json) -> Iterator[None]:
        """What is done meanwhile is done in this frame."""
        self._wire.send(ENTER_FRAME, {"id": frame, "element": frame[ELEMENT]})
        try:
            yield
        finally:
            self._wire.send(ENTER_FRAME, {"id": None})


def element_in(element: Json) -> Json:
    return {"element": element[ELEMENT], "id": element[ELEMENT]}


PROMISED = """
const done = arguments[arguments.length - 1];
(async (...arguments) => { %s })(...arguments).then(done, (error) => done(String(error)));
"""
ROLES = {
    "button": "button, [role=button]",
    "link": "a[href]",
}
SEEN = """
const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
"""
FIRST = f"""{SEEN}
const [css, text] = arguments;
return [...document.querySelectorAll(css)].find((one) => seen(one) && one.innerText.includes(text)) ?? null;
"""
NAMED = f"""{SEEN}
const [css, name, within] = arguments;
const nameOf = (one) => (one.getAttribute("aria-label") || one.innerText).trim();
const all = [...document.querySelectorAll(within)].flatMap((root) => [...root.querySelectorAll(css)]);
return all.find((one) => seen(one) && nameOf(one) === name) ?? null;
"""
