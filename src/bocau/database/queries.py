"""Named queries: `.sql` files with `-- name: insert_message` before each statement."""

from importlib import resources
from typing import Final

MARK: Final = "-- name:"


class Queries:
    """The statements of one `.sql` file, each an attribute of its name."""

    def __init__(self, package: str, path: str) -> None:
        text = resources.files(package).joinpath(path).read_text("utf-8")
        self.statements: dict[str, str] = {}
        for block in text.split(MARK)[1:]:
            name, _, statement = block.partition("\n")
            self.statements[name.strip()] = statement.strip().rstrip(";")
        self.__dict__.update(self.statements)

    def __getattr__(self, name: str) -> str:
        """Asked only for what no statement is called."""
        raise AttributeError(name)
