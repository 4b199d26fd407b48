"""What was done is done in its order, also a moment before the page goes away."""

import pytest
from playwright.sync_api import Request, Route, expect

from browser.composing import on_a_desk
from browser.correspondence import LEAVE, OFFICE
from browser.webmail import Webmail
from harness import Server, eventually
from jmap_client import JmapClient

# In one turn of the page's loop, so that nothing else can come between.
CHOOSE_AND_GO = "(one) => { one.click(); location.assign('about:blank'); }"
# Unseen, and then ended by the device: no timer runs any more.
CHOOSE_AND_HIDE = """
(one) => {
  one.click();
  Object.defineProperty(document, "visibilityState", { value: "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
  for (let timer = setTimeout(() => {}); timer > 0; timer--) clearTimeout(timer);
}
"""


@on_a_desk
@pytest.mark.parametrize(
    ("leaving", "density"), [(CHOOSE_AND_GO, "compact"), (CHOOSE_AND_HIDE, "roomy")], ids=["go", "hide"]
)
def test_a_choice_is_kept(mail: Webmail, server: Server, leaving: str, density: str) -> None:
    mail.go()
    mail.page.get_by_role("button", name=mail.words("viewOptions")).click()
    key = {"compact": "densityCompact", "roomy": "densityRoomy"}[density]
    mail.page.get_by_role("menuitemcheckbox", name=mail.words(key)).evaluate(leaving)
    client = JmapClient(server, mail.variant.user)

    def is_kept() -> bool:
        told = client.call("Preferences/get", ids=["singleton"])
        return bool(told["list"][0].get("density") == density)

    eventually(is_kept)


@on_a_desk
def test_what_was_archived_is(mail: Webmail) -> None:
    mail.go()
    mail.pick(LEAVE)
    bar = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    bar.get_by_role("button", name=mail.words("archive"), exact=True).evaluate(CHOOSE_AND_GO)
    mail.page.wait_for_url("about:blank")
    mail.go("/mail/archive")
    expect(mail.row(LEAVE).first).to_be_visible()


class HeldChange:
    """The first change of mail, on a slow way to the server."""

    def __init__(self, mail: Webmail) -> None:
        self._mail = mail
        self.line: Route | None = None
        mail.page.route("**/jmap/api", self._hold)

    def _hold(self, line: Route) -> None:
        if self.line is None and '"Email/set"' in (line.request.post_data or ""):
            self.line = line
        else:
            line.fallback()

    def is_on_its_way(self) -> Route:
        eventually(lambda: self._mail.page.evaluate("1") and self.line)
        assert self.line is not None
        return self.line


def archive_and_undo(mail: Webmail) -> None:
    mail.pick(OFFICE)
    bar = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    bar.get_by_role("button", name=mail.words("archive"), exact=True).click()
    expect(mail.row(OFFICE)).to_have_count(0)
    mail.undo()


@on_a_desk
def test_what_is_undone_at_once_was_done_first(mail: Webmail) -> None:
    mail.go()
    archiving = HeldChange(mail)
    archive_and_undo(mail)
    line = archiving.is_on_its_way()
    with mail.page.expect_response(lambda one: one.request != line.request and is_change(one.request)):
        line.continue_()
    expect(mail.row(OFFICE)).to_have_count(1)
    mail.go()
    expect(mail.row(OFFICE)).to_have_count(1)


@on_a_desk
def test_what_waits_for_its_turn_goes_with_the_page(mail: Webmail) -> None:
    mail.go()
    archiving = HeldChange(mail)
    archive_and_undo(mail)
    archiving.is_on_its_way().fetch()
    mail.page.goto("about:blank")
    mail.go()
    expect(mail.row(OFFICE)).to_have_count(1)


def is_change(request: Request) -> bool:
    return '"Email/set"' in (request.post_data or "")
