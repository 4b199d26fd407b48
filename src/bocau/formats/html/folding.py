"""One walk over cleaned HTML: quotations fold away, links say where they lead.

Works on what nh3 has written: every tag lower case, every value quoted, every element closed.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bocau.formats.html.allowed import PREFIX
from bocau.formats.html.attributes import MARKED_IDS

TITLE_CHARACTERS_MAX: Final = 300
BEFORE_CHARACTERS: Final = 400
"""Of text before a quotation, in which its attribution is looked for."""
AFTER_CHARACTERS: Final = 400
"""Of HTML in a quotation, in which one sees that it is forwarded."""

TAG: Final = re.compile(r'<(/?)([a-z][a-z0-9]*+)((?: [^\s=>"]++="[^"]*+")*+)>')
ATTRIBUTE: Final = re.compile(r' ([^\s=>"]++)="([^"]*+)"')
_VOID: Final = frozenset(("area", "br", "col", "hr", "img", "wbr"))
_QUOTED: Final = re.compile(
    rf'class="[^"]*{PREFIX}(?:gmail_quote|yahoo_quoted|protonmail_quote)\b|id="{PREFIX}(?:{"|".join(MARKED_IDS)})"'
)
_ATTRIBUTION: Final = re.compile(
    r"(?:\bOn\b.{1,200}\bwrote|\bVào\b.{1,200}đã viết|\bNgày\b.{1,200}(?:đã )?viết|\bwrote|đã viết)\s*:\s*\Z",
    re.DOTALL,
)
_FORWARDED: Final = re.compile(
    r"-{2,}\s*(?:Forwarded message|Original message|Thư đã chuyển tiếp|Thư được chuyển tiếp)|"
    r"Begin forwarded message|Bắt đầu thư được chuyển tiếp",
    re.IGNORECASE,
)
_ADDRESS_TEXT: Final = re.compile(
    r"\s*(?:https?://)?(?:www\.)?((?:[\w-]{1,63}\.)+[^\W\d_]{2,24})(?:[/?#]\S*)?\s*\Z", re.IGNORECASE
)
_HOST: Final = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]++)", re.IGNORECASE)


class Folded(NamedTuple):
    html: str
    has_quote: bool


class Words(NamedTuple):
    """What we write into the page ourselves, in the reader's language."""

    quoted: str
    leads_to: str


def fold(html: str, words: Words) -> Folded:
    """Wrap the outermost quotations into <details>, title every link, name the host where a link's text names
    another one."""
    walk = _Walk(html, words)
    return Folded("".join(walk.run()), walk.has_quote)


class _Walk:
    def __init__(self, html: str, words: Words) -> None:
        self.html = html
        self.words = words
        self.depth = 0
        self.fold_depth = 0
        """The depth at which the open quotation began; 0: none is open."""
        self.has_quote = False
        self.has_text = False
        """Something was said before; a message that is all quotation is shown as it is."""
        self.before = ""
        self.href = ""
        self.link_text = ""

    def run(self) -> Iterator[str]:
        position = 0
        for found in TAG.finditer(self.html):
            text = self.html[position : found.start()]
            if text:
                self._read(text)
                yield text
            position = found.end()
            if found[1]:
                yield from self._end(found[2], found[0])
            else:
                yield from self._begin(found)
        yield self.html[position:]

    def _read(self, text: str) -> None:
        bare = text.strip()
        if bare and bare != "&nbsp;":
            self.has_text = True
            self.before = f"{self.before} {text}"[-BEFORE_CHARACTERS:]
            if self.href and len(self.link_text) < TITLE_CHARACTERS_MAX:
                self.link_text += text

    def _begin(self, found: re.Match[str]) -> Iterator[str]:
        tag, attributes = found[2], found[3]
        if tag not in _VOID:
            self.depth += 1
        if tag in ("blockquote", "div") and not self.fold_depth and self._is_quotation(found):
            self.fold_depth, self.has_quote = self.depth, True
            yield f'<details class="{PREFIX}quoted"><summary>{self.words.quoted}</summary>'
        if tag == "a":
            yield self._link(attributes)
        else:
            yield found[0]

    def _end(self, tag: str, whole: str) -> Iterator[str]:
        yield whole
        if tag == "a" and self.href:
            yield self._elsewhere()
        if self.depth == self.fold_depth:
            self.fold_depth = 0
            yield "</details>"
        self.depth -= 1

    def _is_quotation(self, found: re.Match[str]) -> bool:
        if not self.has_text:
            return False
        within = self.html[found.end() : found.end() + AFTER_CHARACTERS]
        if _FORWARDED.search(within) or _FORWARDED.search(self.before[-100:]):
            return False
        if _QUOTED.search(found[3]):
            return True
        if found[2] != "blockquote":
            return False
        return 'type="cite"' in found[3] or _ATTRIBUTION.search(self.before) is not None

    def _link(self, attributes: str) -> str:
        href = next((value for name, value in ATTRIBUTE.findall(attributes) if name == "href"), "")
        self.href, self.link_text = (href, "") if href.lower().startswith("http") else ("", "")
        title = f' title="{href[:TITLE_CHARACTERS_MAX]}"' if href and not href.startswith("#") else ""
        return f"<a{attributes}{title}>"

    def _elsewhere(self) -> str:
        """ "" unless the text of the link that ends here is itself an address, of another host."""
        said, leads = _ADDRESS_TEXT.match(self.link_text), _HOST.match(self.href)
        self.href = ""
        if said is None or leads is None:
            return ""
        host = leads[1].lower().removeprefix("www.")
        if _is_within(host, said[1].lower()) or _is_within(said[1].lower(), host):
            return ""
        return f'<small class="{PREFIX}leads"> ({self.words.leads_to} {host})</small>'


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def quotable(html: str, values: dict[str, tuple[str, str]]) -> str:
    """HTML for a composer: images keep their place, and load nothing. `values`: mark → (attribute, value)."""

    def image(found: re.Match[str]) -> str:
        if found[2] != "img":
            return found[0]
        kept = []
        for name, value in ATTRIBUTE.findall(found[3]):
            if name == "src" and value in values:
                name, value = values[value]
            kept.append(f' {name}="{value}"')
        return f"<img{''.join(kept)}>"

    return TAG.sub(image, html)
