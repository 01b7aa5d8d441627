"""The page in a real browser: by mouse, by keyboard, for screen readers, with thousands of runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.report.made import benchmark_run, demo, ended, function, large, scored, unscored

Open = Callable[..., Page]
"""The fixture that opens the page about objects."""


def dialog_of(page: Page) -> Any:
    return page.get_by_role("dialog")


def test_a_click_on_a_cell_shows_what_its_attempts_wrote(open_page: Open) -> None:
    page = open_page(demo())
    page.get_by_role("row", name="ledger-repair-tool").first.get_by_role("button").nth(1).click()
    shown = dialog_of(page)
    expect(shown).to_have_accessible_name("ledger-repair-tool")
    expect(shown.get_by_role("row", name=re.compile("shellcheck 1 0.000 Complete SamePod"))).to_be_visible()
    expect(shown.locator("pre").first).to_contain_text("passed")
    shown.get_by_role("button", name="Attempt 2: OOMKilled").click()
    expect(shown).to_contain_text("not scored, counts as 0")
    expect(shown.locator("pre").last).to_contain_text("Cannot allocate memory")


def test_arrow_keys_move_between_cells_and_enter_opens_one(open_page: Open) -> None:
    page = open_page(demo())
    page.locator("#c0-0-0").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#c0-1-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog_of(page)).to_have_accessible_name("ledger-add-period")
    page.keyboard.press("Escape")
    expect(dialog_of(page)).to_be_hidden()
    expect(page.locator("#c0-1-1")).to_be_focused()


def test_one_cell_of_the_matrix_is_in_the_order_of_tab(open_page: Open) -> None:
    page = open_page(demo())
    page.locator("#c0-3-2").click()
    page.keyboard.press("Escape")
    assert page.locator(".matrix button[tabindex='0']").count() == 1
    expect(page.locator(".matrix button[tabindex='0']")).to_have_id("c0-3-2")


def test_an_address_leads_to_a_cell(open_page: Open) -> None:
    page = open_page(demo(), "#c0-2-1")
    expect(dialog_of(page)).to_have_accessible_name("ledger-repair-tool")
    page.get_by_role("button", name="Close").click()
    assert "#" not in page.url


def test_an_address_that_leads_nowhere_opens_nothing(open_page: Open) -> None:
    expect(dialog_of(open_page(demo(), "#c9-9-9"))).to_be_hidden()


def test_rows_can_be_found_and_ordered(open_page: Open) -> None:
    page = open_page(demo())
    rows = page.locator(".matrix tbody tr:not([hidden]) th")
    page.get_by_label("Order").select_option("hardest first")
    expect(rows.first).to_have_text("ledger-repair-tool")
    page.get_by_label("Order").select_option("by name")
    expect(rows.first).to_have_text("ledger-add-period")
    page.get_by_label("Find").fill("EXPORT")
    expect(rows).to_have_text(["ledger-export"])
    expect(page.get_by_text("1 of 5 scenarios", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.get_by_label("Find").fill("")
    expect(rows).to_have_count(5)


def test_two_runs_are_compared_by_the_scenarios_that_changed(open_page: Open) -> None:
    one, other = benchmark_run("ledger-a"), benchmark_run("ledger-b")
    scores = {"same": (1.0, 1.0), "worse": (1.0, 0.25), "better": (0.0, 0.5), "lost": (1.0, None)}
    first = [scored(one, name, score) for name, (score, _) in scores.items()]
    second = [
        scored(other, n, s) if s is not None else unscored(other, n, "NodeLost")
        for n, (_, s) in scores.items()
    ]
    page = open_page([*ended(one, first), *ended(other, second)])
    compared = page.get_by_role("region", name="Two runs compared ledger")
    # `a` has the higher mean and is the first of the leaderboard: the best is compared with the next.
    assert compared.locator("tbody tr").all_inner_texts() == [
        "worse\t0.250\t1.000\t+0.750\t0/1 → 1/1",
        "better\t0.500\t0.000\t−0.500\t0/1 → 0/1",  # noqa: RUF001 (as it is shown)
    ]
    expect(page.locator(".verdict")).to_contain_text(
        "a (ledger-a) \N{MINUS SIGN} b (ledger-b): +0.083 at 3 scenarios, 95 % interval"
    )
    expect(page.locator(".verdict")).to_contain_text("it holds 0: the difference may be chance")
    page.locator("[name=second]").select_option("b (ledger-b)")
    expect(page.locator(".verdict")).to_have_text("The same run twice.")
    page.locator("[name=first]").select_option("a (ledger-a)")
    expect(page.locator(".verdict")).to_contain_text("−0.083 at 3 scenarios")  # noqa: RUF001


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>\u202e\x1b[31m"


def test_what_agents_write_does_not_run(open_page: Open) -> None:
    """`open_page` fails if a dialog opens, something is loaded or the policy has to refuse anything."""
    run = benchmark_run("ledger-x", parameters=[{"name": "P", "value": HOSTILE}])
    functions = [function(HOSTILE[:30], 0.5, comment=HOSTILE, message=HOSTILE, subscores={HOSTILE: 1.0})]
    agent = {"reason": "Error", "exitCode": 1, "message": HOSTILE}
    page = open_page(ended(run, [scored(run, "one", 0.5, scores=functions, agent=agent)]), "#c0-0-0")
    expect(dialog_of(page).locator("pre").last).to_have_text(HOSTILE.replace("\u202e\x1b[31m", "\\u202e"))
    assert page.locator("img, svg[onload]").count() == 0
    assert page.locator("script:not([type])").count() == 1


def test_the_policy_refuses_a_script_that_got_in(open_page: Open, browser: Any) -> None:
    """The second wall: if escaping failed, the script would not run."""
    page = open_page(demo())
    html = page.content().replace("</main>", "<script>document.title = 'owned'</script></main>")
    other = browser.new_page()
    other.set_content(html)
    assert other.title() != "owned"
    other.close()


def test_it_can_be_read_without_scripts(browser: Any, open_page: Open) -> None:
    address = open_page(demo()).url
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("row", name="ledger-repair-tool").first).to_contain_text("0.22")
    expect(page.locator(".controls, .compare, dialog").locator("visible=true")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_out(open_page: Open, scheme: Any) -> None:
    other = benchmark_run("suite-x", "suite")
    page = open_page(
        [*demo(), *ended(other, [scored(other, "one", 0.5), unscored(other, "two", "NodeLost")])]
    )
    page.emulate_media(color_scheme=scheme)
    for opened in (False, True):
        if opened:
            page.locator("#c0-2-1").click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_nothing_is_wider_than_a_telephone(open_page: Open) -> None:
    page = open_page(demo())
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_five_thousand_runs_open_at_once(open_page: Open) -> None:
    """Generous bounds: they hold on two busy cores, and not if opening took time for each run."""
    page = open_page(large())
    times = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert times < 5_000
    took = page.evaluate(
        "(() => { const begin = performance.now(); document.querySelector('#c0-249-4').click();"
        " return performance.now() - begin })()"
    )
    assert took < 1_000
    expect(dialog_of(page)).to_contain_text("suite-agent-a-repo-19-issue-10213-1")
