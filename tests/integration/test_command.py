"""The frame of the command: version, help, usage errors."""

from __future__ import annotations

import re

import pytest


def test_version(mlaas):
    result = mlaas("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"mlaas \d+\.\d+\.\d+\n", result.stdout)
    assert result.stderr == ""


def test_help(mlaas):
    result = mlaas("--help")
    assert result.returncode == 0
    assert "Usage: mlaas" in result.stdout


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["nonsense"], ["--quiet", "--verbose"], []])
def test_usage_errors_are_one_line_and_exit_2(mlaas, arguments):
    result = mlaas(*arguments)
    assert result.returncode == 2
    assert re.fullmatch(r"error: [^\n]+mlaas[^\n]*\n", result.stderr)
    assert result.stdout == ""
