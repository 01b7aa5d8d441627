"""Results as JUnit XML, which every CI shows. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from assay.cli.output import text

from .attempts import Attempt, agent_of
from .results import Results

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(columns: Sequence[Results]) -> str:
    """A suite for each run, a case for each attempt.

    An attempt that did not pass is a failure; one without a score that no agent can have brought about is an error,
    and one that has not ended is skipped.
    """
    root = ElementTree.Element("testsuites", name="assay")
    for column in columns:
        _suite(root, column)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, column: Results) -> None:
    found = column.attempts
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=column.name,
        tests=str(len(found)),
        failures=str(sum(_is_failure(one) for one in found)),
        errors=str(sum(one.is_left_out for one in found)),
        skipped=str(sum(not one.is_finished for one in found)),
    )
    properties = ElementTree.SubElement(suite, "properties")
    score = (column.run.get("status") or {}).get("score")
    for name, value in (("agent", agent_of(column.run)), ("score", text(score))):
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    for one in found:
        _case(suite, column.name, one)


def _case(suite: ElementTree.Element, run: str, one: Attempt) -> None:
    name = one.scenario if one.number == 1 else f"{one.scenario} [attempt {one.number}]"
    case = ElementTree.SubElement(suite, "testcase", classname=run, name=name)
    if one.duration:
        case.set("time", f"{one.duration.total_seconds():.3f}")
    if not one.is_finished:
        ElementTree.SubElement(case, "skipped", message=f"has not ended: {one.does}")
    elif one.failed:
        kind = "error" if one.is_left_out else "failure"
        ElementTree.SubElement(case, kind, type=one.failed, message="no score").text = _clean(one.message)
    elif not one.passed:
        message = f"score {text(one.score)} is below the threshold"
        ElementTree.SubElement(case, "failure", type="NotPassed", message=message).text = _clean(one.message)


def _is_failure(one: Attempt) -> bool:
    return one.is_finished and not one.passed and not one.is_left_out


def _clean(value: str) -> str:
    """Without the characters that XML cannot hold: an agent may have written them."""
    return _NOT_XML.sub("\ufffd", value)
