"""Agents, scorers and authors write into the page: nothing of it becomes markup, runs, or deceives a reader."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from assay.report.text import script_json, visible
from tests.report.made import benchmark_run, ended, function, scored, unscored
from tests.unit.report.pages import Page, page

ATTACKS = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    '" autofocus onfocus="alert(1)',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "]]><svg onload=alert(1)>",
    "</style><style>*{display:none}",
    "\u2028\u2029;alert(1)//",
    "&lt;b&gt;",
]


def everywhere(text: str) -> Page:
    """A page with this text in every field that others write."""
    run = benchmark_run("ledger-x", attempts=2, parameters=[{"name": "MODEL", "value": text}])
    run["spec"]["agent"] = {"type": "Command", "command": [text]}
    ends: dict[str, Any] = {"agent": {"reason": text, "exitCode": 1, "message": text}}
    functions = [function(text[:60], 0.5, subscores={text: 0.1}, comment=text, message=text)]
    agent = {"type": "Command", "command": ["sh", "-c", text]}
    good = scored(run, "one", 0.5, scores=functions, diskSnapshot=text, **ends)
    good["status"]["pinned"] |= {"contentHash": text, "agent": agent}
    good["status"]["pinned"]["image"]["reference"] = text
    return page(ended(run, [good, unscored(run, "one", text, 2, message=text, **ends)]))


@pytest.fixture(scope="module")
def harmless() -> Page:
    return everywhere("harmless")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_makes_an_element_or_an_attribute(attack: str, harmless: Page) -> None:
    found = everywhere(attack)
    shape = [(tag, sorted(attributes)) for tag, attributes in harmless.tags]
    assert [(tag, sorted(attributes)) for tag, attributes in found.tags] == shape


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_reader_sees_the_text_as_it_was_written(attack: str) -> None:
    found = everywhere(attack)
    attempts = found.attempts()
    assert attempts[0]["functions"][0]["message"] == attempts[1]["message"] == visible(attack)
    assert attempts[0]["functions"][0]["subscores"] == {visible(attack): 0.1}
    assert visible(attack) in found.text


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_in_a_script_has_nothing_that_html_knows(attack: str) -> None:
    assert re.fullmatch(r"[ -~]*", script_json([attack]))
    assert not set("<>&") & set(script_json({attack: attack}))


def test_the_policy_lets_our_script_and_style_alone_run(harmless: Page) -> None:
    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    policy = next(meta["content"] for meta in harmless.all("meta") if meta.get("http-equiv"))
    assert policy
    directives = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == digest(harmless.scripts[None])
    assert directives["style-src"] == digest(harmless.style)


def test_the_page_loads_nothing(harmless: Page) -> None:
    assert not {"link", "img", "iframe", "object", "embed", "base", "audio", "video"} & {
        tag for tag, _ in harmless.tags
    }
    named = [a.get(key) for _, a in harmless.tags for key in ("src", "href", "action", "style") if key in a]
    assert named == ["#content"]
    assert not re.search(r"url\(|@import|https?:", harmless.style)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07 and the rest", "\\u001b]0;a title\\u0007 and the rest"),
        ("\x1b]never ends", "\\u001b]never ends"),
        ("50%\r100%\r\ndone\n", "50%\\u000d100%\ndone\n"),
        ("a\x00b\x08\x7f\x9b", "a\\u0000b\\u0008\\u007f\\u009b"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("in\u200bvisible\ufeff\u2066", "in\\u200bvisible\\ufeff\\u2066"),
        ("tag\U000e0041", "tag\\ue0041"),
        ("half \ud83d", "half \\ud83d"),
        ("a\tb\n中文 العربية می‌روم 👩\u200d💻", "a\tb\n中文 العربية می‌روم 👩\u200d💻"),
    ],
)
def test_what_cannot_be_seen_is_shown(written: str, seen: str) -> None:
    assert visible(written) == seen


def test_nothing_hidden_is_left_anywhere_in_the_page() -> None:
    odd = "\x00\x1b\u202e\U000e0041"
    found = everywhere(odd)
    assert not set(odd) & set(found.html)
    assert "MODEL=\\u0000\\u001b\\u202e\\ue0041" in found.words()
