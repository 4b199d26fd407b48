"""The documents are true: their commands run, both languages show the same, their links lead somewhere."""

import importlib.util
import json
import os
import poplib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import HOST, Server, eventually, run_cli
from jmap_client import JmapClient

ROOT = Path(__file__).parents[1]
PAIRS = [("README.md", "README.vi.md"), ("docs/manual.md", "docs/manual.vi.md")]
ENDLESS = ("demo", "serve")
"""Commands that do not return: only their options are checked."""
PASSWORD = "tre xanh bốn mùa\n"


def console_lines(page: str) -> list[str]:
    """What stands behind the prompt in the console blocks of a page, without remarks."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.M | re.S)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s{2,}# .*", "", line) for line in lines]


def bocau_lines(page: str) -> list[str]:
    return [line for line in console_lines(page) if re.search(r"(^|\| |^\.venv/bin/)bocau ", line)]


@pytest.mark.parametrize(("english", "vietnamese"), PAIRS)
def test_both_languages_show_the_same_commands(english: str, vietnamese: str) -> None:
    assert console_lines(english) == console_lines(vietnamese)


@pytest.mark.parametrize(("english", "vietnamese"), PAIRS)
def test_both_languages_have_the_same_parts(english: str, vietnamese: str) -> None:
    def shape(page: str) -> list[str]:
        """Headings by their level, tables by their rows, blocks by their kind."""
        return re.findall(r"^(##?#?|\|---|```\w+)", (ROOT / page).read_text("utf-8"), re.M)

    assert shape(english) == shape(vietnamese)


PAGES = [
    *("ARCHITECTURE.md", "docs/jmap.md", "web/README.md", *(page for pair in PAIRS for page in pair)),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs/decisions").glob("*.md"))),
]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text("utf-8")):
        if target.startswith("http"):
            continue
        path, _, place = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        assert not place or place in anchors(file), target


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)}


def anchor(heading: str) -> str:
    """As forges make it: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Place"]:
    """A server that cannot reach others, so that its queue keeps what it has."""
    folder = tmp_path_factory.mktemp("documents")
    with Server(folder, workers=1, settings=["dns.resolver=127.0.0.1:9"]) as server:
        place = Place(server, folder)
        place.prepare()
        yield place
        server.assert_no_traceback()


class Place:
    """Where the lines of a page are run: a shell with our `bocau`, and our folders for those of the page."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.old = folder / "srv" / "old"

    def prepare(self) -> None:
        """What the pages take for granted: a program in the path, old mail, a waiting message."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        program = bin_folder / "bocau"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bocau "$@"\n')
        program.chmod(0o755)
        for part in ("cur", "new", "tmp"):
            (self.old / "Maildir" / part).mkdir(parents=True)
        (self.old / "Maildir" / "cur" / "1.a:2,S").write_bytes(b"Subject: old\n\nin a Maildir\n")
        (self.old / "lan.mbox").write_bytes(b"From a@b Thu Jan  1 00:00:00 2026\nSubject: older\n\nx\n")
        (self.folder / "srv" / "backup").mkdir()
        self.server.cli(
            "sendmail", "-f", "alice@demo.test", "someone@example.net", input="Subject: hi\n\nx\n"
        )
        queue: Callable[[], list[dict[str, object]]] = lambda: self.server.json("queue", "list")  # noqa: E731
        assert eventually(queue)[0]["id"] == 1

    def run(self, line: str) -> "subprocess.CompletedProcess[str]":
        words = line.replace("/srv/", f"{self.folder}/srv/").replace("/var/lib/bocau", str(self.server.data))
        words = words.replace("/opt/bocau/bin/python", sys.executable)
        words = words.replace(".venv/bin/bocau", "bocau").replace("./demo", str(self.server.data))
        environment = os.environ | {
            "BOCAU_DIR": str(self.server.data),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }
        return subprocess.run(
            ["bash", "-c", words],
            input=PASSWORD,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )


def check_line(place: Place, line: str) -> None:
    """Run one line of a page; its exit status must be 0."""
    words = shlex.split(line.split("| ")[-1])
    if words[1] in ENDLESS:
        options = [word for word in words if word.startswith("--")]
        said = run_cli(words[1], "--help").stdout
        assert all(option in said for option in options), line
        return
    if "temporary@" in line:
        place.server.cli("account", "add", "temporary@example.org", input=PASSWORD)
    if "app-password remove" in line:
        number = place.server.json("account", "app-password", "list", words[4])[0]["number"]
        line = f"{line.rsplit(' ', 1)[0]} {number}"
    result = place.run(line)
    assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"


@pytest.mark.parametrize("page", [pair[0] for pair in PAIRS])
def test_the_commands_of_a_page_run_in_their_order(place: Place, page: str) -> None:
    lines = [line for line in console_lines(page) if line in bocau_lines(page) or "/srv/backup/hot" in line]
    assert lines
    for line in lines:
        check_line(place, line)


def test_the_first_letter_of_the_readme(place: Place) -> None:
    """What a newcomer types after `make run`, on our ports and with the demo's password."""
    lines = [line for line in console_lines("README.md") if line.split()[0] in ("swaks", "curl")]
    assert [line.split()[0] for line in lines] == ["swaks", "curl"]
    if not (shutil.which("swaks") and shutil.which("curl")):
        pytest.skip("swaks and curl are not installed")
    ports = place.server.ports
    for line in lines:
        line = line.replace(f"{HOST}:2025", f"{HOST}:{ports['smtp']}").replace(
            f"{HOST}:2143", f"{HOST}:{ports['imap']}"
        )
        line = line.replace("--user alice@demo.test", f"--user 'alice@demo.test:{place.server.password}'")
        result = place.run(line)
        assert result.returncode == 0, result.stdout + result.stderr
    assert "Xin chào" in result.stdout


def test_the_requests_of_the_manual_are_answered(place: Place) -> None:
    """JMAP by curl: on our ports, with an account of ours and its id."""
    lines = [line for line in console_lines("docs/manual.md") if line.startswith("curl ")]
    assert len(lines) >= 5
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    alice = JmapClient(place.server)
    for line in lines:
        line = line.replace("https://mail.example.org", f"http://{HOST}:{place.server.port('http')}")
        line = line.replace("A2", alice.account)
        line = line.replace("lan@example.org", f"'alice@demo.test:{place.server.password}'")
        result = place.run(line.replace("curl ", "curl --silent --show-error --fail ", 1))
        ends_by_itself = "eventsource" not in line
        assert result.returncode == 0 or not ends_by_itself, f"{line}\n{result.stdout}{result.stderr}"
        assert result.stdout and '"error"' not in result.stdout, f"{line}\n{result.stdout}"


def test_the_examples_of_jmap_run(place: Place) -> None:
    """Every block of the page is a request; only what needs a mailing list is refused."""
    text = (ROOT / "docs/jmap.md").read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) >= 10
    client = JmapClient(place.server, "user1")
    for block in blocks:
        said = block.replace('"A1"', f'"{client.account}"').replace("PASSWORD", place.server.password)
        answer = client.post(
            {"using": sorted(client.session["capabilities"]), "methodCalls": json.loads(said)}
        )
        assert answer.status == 200, answer.body
        for name, told, _ in answer.json["methodResponses"]:
            refused = told.get("notCreated") or told.get("notUpdated")
            assert name != "error" and (not refused or name == "EmailUnsubscribe/set"), (block, told)


def test_the_page_of_jmap_names_every_method_and_property_of_ours() -> None:
    from bocau.services.jmap import methods
    from bocau.services.jmap.capabilities import BOCAU

    text = (ROOT / "docs/jmap.md").read_text("utf-8")
    ours = {name: one for name, one in methods.METHODS.items() if one.capability == BOCAU}
    assert [name for name in ours if f"**{name}**" not in text] == []
    modules = {sys.modules[one.run.__module__] for one in ours.values()}
    told = {
        name
        for module in modules
        for name in (*getattr(module, "PROPERTIES", ()), *getattr(module, "KNOWN", ()))
    }
    assert len(told) > 30
    assert sorted(name for name in told if not re.search(rf"\b{name}\b", text)) == []


@pytest.mark.parametrize("page", PAIRS[1])
def test_the_manual_tells_keys_and_operators_of_the_webmail(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    shortcuts = (ROOT / "web/src/screens/mail/shortcuts.ts").read_text("utf-8")
    keys = set(re.findall(r'keys: "([^"]+)"', shortcuts)) - {"Escape", "?"}
    listed = re.search(r"OPERATORS = \[(.*?)\]", (ROOT / "web/src/search/parse.ts").read_text("utf-8"), re.S)
    assert listed is not None and len(keys) > 20
    assert sorted(key for key in keys if f"`{key}`" not in text) == []
    assert [word for word in re.findall(r'"(\w+)"', listed[1]) if f"`{word}:" not in text] == []


@pytest.mark.parametrize("page", ["README.md", "README.vi.md"])
def test_the_readme_names_what_the_server_offers(place: Place, page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    with place.server.imap() as imap:
        capabilities = imap.capability()[1][0].decode().split()
    with place.server.smtp() as smtp:
        smtp.ehlo()
        keywords = smtp.esmtp_features.keys() - {"help"}
    pop = poplib.POP3(HOST, place.server.port("pop3"))
    words = pop.capa().keys() - {"IMPLEMENTATION", "EXPIRE", "USER"}
    pop.quit()
    offered = {announced_as(word) for word in capabilities}
    offered |= {keyword.upper() for keyword in keywords} | words
    assert sorted(word for word in offered if not re.search(rf"\b{re.escape(word)}(?![\w=-])", text)) == []


def test_every_limit_of_the_manual_is_the_one_in_force() -> None:
    from bocau.config.schema import File
    from bocau.directory import settings as directory
    from bocau.directory.web_sessions import SESSIONS_MAX
    from bocau.protocols.imap.limits import APPEND_BYTES_MAX
    from bocau.runtime.listener import CONNECTIONS_PER_CLIENT_MAX
    from bocau.services.imap.settings import ImapSettings
    from bocau.services.jmap.settings import JmapSettings
    from bocau.store.access import GRANTS_MAX
    from bocau.store.batches import EMAILS_MAX
    from bocau.store.submissions import PENDING_MAX

    file, jmap = File(hostname="mail.example.org"), JmapSettings()
    rows = [
        f"{file.smtp.size_max_bytes:,} bytes",
        f"{APPEND_BYTES_MAX:,} bytes",
        f"| {file.smtp.recipients_max:,}; more",
        f"| {file.submission.messages_per_hour:,} | `submission.messages_per_hour`",
        f"| {file.submission.recipients_per_day:,} | `submission.recipients_per_day`",
        f"| {CONNECTIONS_PER_CLIENT_MAX} in each worker process",
        f"members of one group | {directory.TARGETS_MAX:,} |",
        f"app passwords and tokens of one account | {directory.APP_PASSWORDS_MAX} |",
        f"accounts that one mailbox is shared with | {GRANTS_MAX:,} |",
        f"by JMAP | {jmap.limits.max_size_upload >> 20} MiB |",
        f"logged in browsers of one account | {SESSIONS_MAX}; ",
        f"{PENDING_MAX:,}, at most {jmap.delayed_send_seconds_max // 86_400} days ahead",
        f"everything that matches | {EMAILS_MAX:,} |",
        f"messages of one IMAP command | {ImapSettings().messages_per_command_max:,}; ",
        f"{file.delivery.lifetime_seconds / 86_400:g} days | `delivery.lifetime_seconds`",
        f"| {file.delivery.connections_per_destination} | `delivery.connections_per_destination`",
        f"{ImapSettings().idle_seconds / 60:g} minutes",
        f"After {file.login.failures_max} (`login.failures_max`)",
        f"for {file.login.refuse_seconds / 60:g} minutes (`login.refuse_seconds`)",
    ]
    manual = " ".join((ROOT / "docs/manual.md").read_text("utf-8").split())
    assert [row for row in rows if row not in manual] == []


def test_every_cited_section_of_an_rfc_exists() -> None:
    rfc = rfc_index()
    assert rfc.faults(rfc.citations(), rfc.known_rfcs()) == []


def test_every_promise_has_code_and_tests() -> None:
    rfc = rfc_index()
    assert rfc.unproven(rfc.citations()) == []
    missing = rfc.Extension("IMAP", ("TELEPATHY",), "9051 §6.4.99", "announced")
    assert missing.files(rfc.citations()) == ([], []), "a promise without code would be found"


def test_the_page_of_rfcs_promises_what_is_announced(place: Place) -> None:
    """Each word that the server announces has a line, and each line that says "announced" is announced."""
    lines = rfc_index().extensions()
    with place.server.imap() as imap:
        imap_words = {announced_as(word) for word in imap.capability()[1][0].decode().split()}
    pop = poplib.POP3(HOST, place.server.port("pop3"))
    words = pop.capa()
    pop.quit()
    promised = {word for line in lines for word in line.words}
    mechanisms = {*words["SASL"], *(word[5:] for word in imap_words if word.startswith("AUTH="))}
    announced = {word for word in imap_words if not word.startswith("AUTH=")} | words.keys() | mechanisms
    announced |= JmapClient(place.server).session["capabilities"].keys()
    assert sorted(announced - promised) == []
    for line in lines:
        if line.group == "IMAP" and line.is_announced:
            assert sorted(set(line.words) - imap_words) == []


def announced_as(word: str) -> str:
    """A capability as the pages name it: without a value that can be set."""
    return word.partition("=")[0] if re.fullmatch("[A-Z]+LIMIT=[0-9]+", word) else word


def test_the_index_of_rfcs_is_in_step() -> None:
    rfc = rfc_index()
    made = rfc.page(rfc.citations(), rfc.known_rfcs())
    assert (ROOT / "docs/rfc/index.md").read_text("utf-8") == made, "run: python docs/rfc/generate.py"


def test_citations_are_read_as_people_write_them() -> None:
    rfc = rfc_index()
    prose = "RFC 5321 §4.1.2, §4.4; RFC822.SIZE; RFC 3461\n    §4.1–4, RFC 2177."
    found = [(c.number, c.label) for c in rfc.citations_of(prose, "src/x.py")]
    assert found == [(5321, "§4.1.2"), (5321, "§4.4"), (3461, "§4.1–4"), (2177, "as a whole")]
    transcript = "# rfc: 5321 §3.5, §4.1.1.6–9, 9422    1000 recipients\n"
    found = [(c.number, c.label) for c in rfc.citations_of(transcript, "src/tests/x.txt")]
    assert found == [(5321, "§3.5"), (5321, "§4.1.1.6–9"), (9422, "as a whole")]
    wrong = rfc.citations_of("RFC 5321 §4.1.1.12, §4.1.1.11", "src/x.py")
    assert rfc.faults(list(wrong), rfc.known_rfcs()) == ["src/x.py: RFC 5321 has no §4.1.1.12"]


def rfc_index() -> Any:
    """docs/rfc/generate.py, which is no part of the package."""
    path = ROOT / "docs/rfc/generate.py"
    spec = importlib.util.spec_from_file_location("rfc_index", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules["rfc_index"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
