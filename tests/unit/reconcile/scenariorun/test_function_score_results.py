"""From termination messages to scores: sub-scores and comment, from result.json."""

from __future__ import annotations

import json

import pytest

from assay.api.scenariorun import FunctionScore
from assay.reconcile.scenariorun import function_score
from tests.unit.reconcile.terminations import BASH, ended, message


def parts(result: str, fields: str = "") -> FunctionScore:
    score = function_score.function_score(
        BASH, ended(message(fields, line="0.5", result=result, output="log"))
    )
    assert (score.state, score.score) == ("Complete", 0.5), "nothing in it changes the score"
    FunctionScore.model_validate(score.model_dump())
    score.model_dump_json().encode()
    return score


def test_subscores_and_comment() -> None:
    score = parts('{"scores": {"speed": 0.25, "style": 7}, "comment": "fine"}')
    assert (score.subscores, score.comment) == ({"speed": 0.25, "style": 7.0}, "fine")
    assert score.message == "log"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("{", "not JSON"),
        ("[" * 1400, "not JSON"),
        ("1" * 1400, "not an object"),
        ("[]", "not an object"),
        ('{"scores": {"a": NaN, "b": true, "c": "1", "d": 1e999, "e": null}}', "left out"),
        ('{"scores": 3}', "left out"),
        ('{"scores": "ab"}', "left out"),
        ('{"scores": {"' + "x" * 64 + '": 1}}', "left out"),
    ],
)
def test_a_result_that_is_none_is_left_out(result: str, expected: str) -> None:
    score = parts(result)
    assert (score.subscores, score.comment) == (None, None)
    assert score.message is not None
    assert expected in score.message
    assert score.message.endswith("log")


def test_the_runner_s_word_on_what_it_left_out() -> None:
    problem = "result.json is too large (1500 bytes at most): it was left out"
    score = parts(json.dumps({"problem": problem}))
    assert (score.subscores, score.comment) == (None, None)
    assert (score.message or "").startswith(problem)


def test_results_are_bounded() -> None:
    many = ", ".join(f'"s{i}": {i}' for i in range(40))
    score = parts(f'{{"scores": {{{many}}}, "comment": "{"x" * 2000}"}}')
    assert score.subscores is not None
    assert score.comment is not None
    assert (len(score.subscores), len(score.comment), score.comment[-1]) == (32, 1024, "…")
    assert parts('{"comment": "\\ud800", "scores": {"\\udfff": 1}}').comment == "?"
    assert parts('{"other": 1, "comment": ""}').comment is None
