"""What was done a moment before the page went away is done."""

import pytest
from playwright.sync_api import expect

from browser.composing import on_a_desk
from browser.correspondence import LEAVE
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
