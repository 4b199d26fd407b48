"""Hostile bodies side by side in any engine: which scripts run, and what is asked for elsewhere."""

from dataclasses import dataclass

from browser.test_hostile import BODIES, LEADING, SANDBOX, message
from engines.elsewhere import Elsewhere
from engines.reading import Reading
from harness import Server, eventually
from jmap_client import JmapClient

LAB = "http://lab.test/"
VIEWS_MAX = 40
SHOWN = {
    name: body.replace("https://canary.test", "http://canary.test").replace("pwn(", "parent.pwn(")
    for name, body in BODIES.items()
    if name not in LEADING
}
"""As they came, but what escapes is told: by the proxy, and by the page around the frame."""
OPEN_FRAMES = """
window.escaped = [];
window.pwn = (name) => window.escaped.push(name);
const loaded = arguments[0].map((attributes) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  frame.addEventListener("load", resolve);
  document.body.append(frame);
}));
await Promise.race([Promise.all(loaded), new Promise((resolve) => setTimeout(resolve, 4000))]);
await new Promise((resolve) => setTimeout(resolve, 500));
return window.escaped;
"""


@dataclass(frozen=True)
class Lab:
    mail: Reading
    far: Elsewhere
    urls: dict[str, str]
    """Name → address of the cleaned body."""
    policy: str
    cleaned: dict[str, str]

    def run(self, where: str, frames: list[dict[str, str]]) -> tuple[list[str], list[str]]:
        """Which scripts ran, and what was asked for elsewhere, with all frames on the page there."""
        self.mail.page.go(where)
        self.far.asked.clear()
        ran = self.mail.page.run_async(OPEN_FRAMES, frames)
        assert isinstance(ran, list), ran
        return ran, self.far.seen()

    def serve(self, bodies: dict[str, str], policy: str = "") -> list[dict[str, str]]:
        """On the proxy's own pages; a frame for each."""
        self.far.pages[LAB] = ("", "<!DOCTYPE html><link rel=icon href=data:,><body>")
        for name, body in bodies.items():
            self.far.pages[f"{LAB}{name}"] = (policy, body)
        sandbox = {"sandbox": SANDBOX} if policy else {}
        return [{"src": f"{LAB}{name}", **sandbox} for name in bodies]


def lab_of(mail: Reading, far: Elsewhere, server: Server) -> Lab:
    """With all bodies delivered, and read as the webmail reads them."""
    for name, body in SHOWN.items():
        server.deliver(message(name, body), mail.user)
    client = JmapClient(server, mail.user)
    names = eventually(lambda: _delivered(client))
    urls: dict[str, str] = {}
    asked = list(names)
    for start in range(0, len(asked), VIEWS_MAX):
        for one in client.call("EmailView/get", ids=asked[start : start + VIEWS_MAX])["list"]:
            urls[names[one["id"]]] = one["url"]
    pages = {name: client.ask("GET", url) for name, url in urls.items()}
    policy = str(pages["x01"].headers["content-security-policy"])
    return Lab(mail, far, urls, policy, {name: one.body.decode() for name, one in pages.items()})


def _delivered(client: JmapClient) -> dict[str, str]:
    """Id → name, when all are there."""
    ids = client.call("Email/query", limit=200)["ids"]
    listed = client.call("Email/get", ids=ids, properties=["id", "subject"])["list"]
    found = {one["id"]: one["subject"] for one in listed if one["subject"] in SHOWN}
    return found if len(found) == len(SHOWN) else {}
