"""The status page in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest
import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from reconciler.daemon.http.events import MOST_READERS
from reconciler.model.identity import ReleaseId
from reconciler.model.sync import ViewChanged
from tests.daemon.http.board import NEW, PRODUCTION, STAGING, FakeBoard, release
from tests.daemon.http.browser import Browser
from tests.daemon.http.conftest import TOKEN, Served, Serving
from tests.daemon.http.test_pages import HOSTILE, everywhere

PATHS = ("/", "/environments/production", "/environments/production/runs/20261125-0000", "/login")

pytestmark = pytest.mark.xdist_group("chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for all tests here: it takes a second to start."""
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """As a new one."""
    chromium.look()
    yield chromium
    chromium.driver.delete_all_cookies()
    chromium.driver.get("about:blank")
    chromium.errors()


def until(browser: Browser, script: str, *arguments: object) -> None:
    """Wait until a script returns something true, ten seconds at most."""
    WebDriverWait(browser.driver, 10, 0.05).until(lambda _: browser.run(script, *arguments))


def is_live(browser: Browser) -> None:
    """Wait until the stream of events is open."""
    until(browser, "return document.body.dataset.live === 'yes'")


def log_in(browser: Browser, served: Served) -> None:
    """As a person does."""
    browser.driver.get(f"{served.url}/login")
    browser.driver.find_element(By.ID, "who").send_keys("Ada")
    browser.driver.find_element(By.ID, "token").send_keys(TOKEN, Keys.ENTER)
    until(browser, "return document.body.innerText.includes('Logged in as Ada')")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dark", [False, True])
def test_pages_are_accessible(browser: Browser, serving: Serving, path: str, *, dark: bool) -> None:
    """Axe finds nothing in light and dark, nor does the console: names, order of headings, contrast, landmarks."""
    served = serving()
    browser.look(dark=dark)
    browser.driver.get(served.url + path)
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true")
    axe = files("axe_selenium_python") / "node_modules" / "axe-core" / "axe.min.js"
    browser.run(axe.read_text())
    found = browser.driver.execute_async_script("axe.run().then(arguments[0])")
    assert found["passes"]
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found["violations"]] == []
    assert browser.errors() == []


@pytest.mark.parametrize("path", PATHS)
def test_a_small_phone_needs_no_sideways_scroll(browser: Browser, serving: Serving, path: str) -> None:
    """At 360 pixels, also with names that are as long as Kubernetes lets them be, and longer texts without a space."""
    long = "x" * 63
    shown = replace(release("api"), id=ReleaseId(long, long, "y" * 53))
    commit = replace(NEW, subject="z" * 300)
    view = replace(PRODUCTION, releases=(*PRODUCTION.releases, shown), applied=commit, path=f"{long}/" * 5)
    served = serving(FakeBoard({"production": view}))
    browser.look(360)
    browser.driver.get(served.url + path)
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true")
    assert browser.run("return document.documentElement.scrollWidth") == 360


def test_a_change_arrives_by_itself(browser: Browser, serving: Serving) -> None:
    """Within moments; what is open stays open, and the focus stays where it is."""
    served = serving()
    browser.driver.get(f"{served.url}/environments/production")
    is_live(browser)
    browser.driver.find_element(By.CSS_SELECTOR, "#action-1 summary").click()
    browser.run("document.querySelector('main a[href*=runs]').focus()")
    focused = browser.run("return document.activeElement.href")
    changed = replace(PRODUCTION, conditions=STAGING.conditions)
    served.board.views["production"] = changed
    served.updates.tell(ViewChanged(changed))
    until(browser, "return document.querySelector('h1 + .badge').innerText.includes('ready')")
    assert browser.run("return document.getElementById('action-1').open")
    assert browser.run("return document.activeElement.href") == focused
    assert browser.errors() == []


def test_of_other_environments_a_page_is_not_read_anew(browser: Browser, serving: Serving) -> None:
    """A page about one stays as it is, and is told of its own changes after those of others."""
    served = serving()
    browser.driver.get(f"{served.url}/environments/staging")
    is_live(browser)
    browser.run("document.getElementById('main').dataset.old = 'yes'")
    served.updates.tell(ViewChanged(PRODUCTION))
    changed = replace(STAGING, conditions=PRODUCTION.conditions)
    served.board.views["staging"] = changed
    until(browser, "return document.getElementById('main').dataset.old === 'yes'")
    served.updates.tell(ViewChanged(changed))
    until(browser, "return !document.getElementById('main').dataset.old")


def test_without_javascript_all_can_be_read_and_done(browser: Browser, serving: Serving) -> None:
    """Pages, details, logging in, acting, reloading."""
    served = serving()
    browser.look(script=False)
    browser.driver.get(f"{served.url}/login")
    browser.driver.find_element(By.ID, "token").send_keys(TOKEN, Keys.ENTER)
    wait = WebDriverWait(browser.driver, 10, 0.05)
    wait.until(lambda driver: driver.find_elements(By.LINK_TEXT, "staging"))
    browser.driver.find_element(By.LINK_TEXT, "staging").click()
    wait.until(lambda driver: driver.find_elements(By.ID, "sync-staging"))
    browser.driver.find_element(By.ID, "sync-staging").click()
    wait.until(lambda _: served.board.asked)
    browser.driver.get(f"{served.url}/environments/production")
    browser.driver.find_element(By.CSS_SELECTOR, "#action-1 summary").click()
    assert "shop/api:1.5.0" in browser.driver.find_element(By.ID, "action-1").text
    browser.driver.find_element(By.ID, "reload").click()
    wait.until(lambda driver: driver.find_elements(By.ID, "reload"))


def test_the_keyboard_reaches_the_actions(browser: Browser, serving: Serving) -> None:
    """Tab by tab from the top, with a focus that is seen; Enter acts."""
    served = serving()
    log_in(browser, served)
    browser.driver.get(f"{served.url}/environments/staging")
    body = browser.driver.find_element(By.TAG_NAME, "body")
    reached = []
    for _ in range(12):
        body.send_keys(Keys.TAB)
        body = browser.driver.switch_to.active_element
        reached.append(body.get_attribute("id") or body.text)
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if body.get_attribute("id") == "suspend-staging":
            break
    assert reached[:2] == ["Skip to the content", "reconcile"]
    assert reached[-2:] == ["sync-staging", "suspend-staging"]
    body.send_keys(Keys.ENTER)
    until(browser, "return document.readyState === 'complete'")
    WebDriverWait(browser.driver, 10, 0.05).until(lambda _: served.board.asked)
    assert served.board.asked == [("suspend", "staging", "Ada")]


def test_hostile_values_do_nothing(browser: Browser, serving: Serving) -> None:
    """No script of theirs runs, nothing is fetched for them, and the page is told of them all."""
    views = {f"e{i}": everywhere(text) for i, text in enumerate(HOSTILE)}
    served = serving(FakeBoard(views))
    for path in ("/", *(f"/environments/{name}" for name in views)):
        browser.driver.get(served.url + path)
        is_live(browser)
        assert browser.run("return document.querySelectorAll('main img, main script, main [onerror]').length") == 0
    # A dialog of theirs would have made the driver raise, and a refused script is an error in the console.
    assert browser.errors() == []


def test_a_page_tells_when_the_daemon_is_gone(browser: Browser, serving: Serving) -> None:
    """So that nobody takes an old state for the present one."""
    served = serving()
    browser.driver.get(served.url)
    is_live(browser)
    served.stop()
    until(browser, "return document.getElementById('live').innerText.includes('does not answer')")


def test_a_page_finds_the_daemon_again(browser: Browser, serving: Serving) -> None:
    """After a restart it shows how things are then, though no event of it was told to this page."""
    served = serving()
    browser.driver.get(served.url)
    is_live(browser)
    served.stop()
    until(browser, "return document.body.dataset.live === 'no'")
    port = int(served.url.rpartition(":")[2])
    serving(FakeBoard({"staging": STAGING}), port)
    until(browser, "return document.querySelectorAll('main article').length === 1")


def test_a_page_that_was_sent_away_comes_back(browser: Browser, serving: Serving) -> None:
    """Too many pages were open; when one has gone, its place is taken."""
    served = serving()
    others = [requests.get(f"{served.url}/events", stream=True, timeout=10) for _ in range(MOST_READERS)]
    browser.driver.get(served.url)
    until(browser, "return document.body.dataset.live === 'no'")
    for other in others:
        other.close()
    served.updates.tell(ViewChanged(STAGING))
    is_live(browser)


@pytest.mark.parametrize("dark", [False, True])
def test_on_paper(browser: Browser, serving: Serving, *, dark: bool) -> None:
    """It is black on white whatever the screen is, and has nothing that can only be clicked."""
    browser.look(dark=dark)
    browser.driver.get(f"{serving().url}/environments/production")
    browser.print(dark=dark)
    colours = browser.run(
        "return [document.body, document.querySelector('.card'), document.querySelector('.diff')]"
        ".flatMap((part) => [getComputedStyle(part).color, getComputedStyle(part).backgroundColor])"
    )
    assert colours == ["rgb(27, 31, 36)", "rgb(255, 255, 255)"] * 2 + ["rgb(27, 31, 36)", "rgb(246, 247, 249)"]
    assert browser.run("return getComputedStyle(document.querySelector('#live')).display") == "none"
