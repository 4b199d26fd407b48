"""What the webmail says, from its own catalogues: tests find things by the words a person reads."""

import json
import re
from pathlib import Path

MESSAGES = Path(__file__).parents[2] / "web" / "messages"
PLURAL = re.compile(
    r"\{(\w+), plural, (?:one \{(?P<one>.*?)\} )?other \{(?P<other>[^{}]*(?:\{\w+\}[^{}]*)*)\}\}"
)


class Words:
    """`words("movedTo", folder="Work")` in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts: dict[str, str] = {}
        for file in sorted(MESSAGES.glob(f"*.{language}.json")):
            self._texts |= json.loads(file.read_text())

    def __call__(self, key: str, **values: object) -> str:
        text = PLURAL.sub(lambda found: self._branch(found, values), self._texts[key])
        return re.sub(r"\{(\w+)\}", lambda found: self._shown(values[found[1]]), text)

    def _branch(self, found: re.Match[str], values: dict[str, object]) -> str:
        count = values[found[1]]
        is_one = count == 1 and self.language == "en" and found["one"] is not None
        return str(found["one" if is_one else "other"]).replace("#", self._shown(count))

    def _shown(self, value: object) -> str:
        if not isinstance(value, int):
            return str(value)
        return f"{value:,}".replace(",", "." if self.language == "vi" else ",")
