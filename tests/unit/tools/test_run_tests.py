"""The counting of tools/run_tests.py: a failure is never lost, whatever the runner left behind."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "run_tests.py"

CTEST = """<testsuite name="build" tests="4" failures="1" skipped="1" disabled="1">
  <testcase name="Cursor.reads" classname="Cursor.reads" time="0.01" status="run"><system-out>ok</system-out></testcase>
  <testcase name="Cursor.stops" classname="Cursor.stops" time="0.01" status="fail"><failure message=""/></testcase>
  <testcase name="Cursor.later" classname="Cursor.later" time="0" status="disabled"/>
  <testcase name="Cursor.other" classname="Cursor.other" time="0" status="notrun"><skipped message=""/></testcase>
</testsuite>"""
PYTEST = """<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">
  <testcase classname="integration.test_serve" name="test_health"/>
  <testcase classname="integration.test_serve" name="test_infer"><failure message="no">text</failure></testcase>
  <testcase classname="integration.test_serve" name="test_start"><error message="no">text</error></testcase>
  <testcase classname="conformance.test_export" name="test_file"><skipped message="not at hand"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def tool(tmp_path: Path) -> ModuleType:
    """The script as a module, with its results in a folder of its own."""
    spec = importlib.util.spec_from_file_location("run_tests_under_test", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.RESULTS = tmp_path
    (tmp_path / "log").write_text("what the runner said\n", encoding="utf-8")
    return module


def test_counts_what_ctest_writes(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(CTEST, encoding="utf-8")
    count = tool.read_junit(tmp_path / "x.xml")
    assert str(count) == "1 passed, 1 failed, 2 skipped"
    assert count.failures == ["Cursor.stops"]


def test_counts_what_pytest_writes(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(PYTEST, encoding="utf-8")
    count = tool.read_junit(tmp_path / "x.xml")
    assert str(count) == "1 passed, 2 failed, 1 skipped"
    assert count.failures == ["integration.test_serve::test_infer", "integration.test_serve::test_start"]


@pytest.mark.parametrize("left", [None, "", "<testsuites><testcase", '<testsuite><testcase name="a"/></testsuite>'])
def test_a_runner_that_ends_badly_is_a_failure(tool: ModuleType, tmp_path: Path, left: str | None) -> None:
    if left is not None:
        (tmp_path / "x.xml").write_text(left, encoding="utf-8")
    assert tool.count_results("pytest", 139, tmp_path / "x.xml", "log").failed == 1


def test_no_tests_at_all_is_no_failure(tool: ModuleType, tmp_path: Path) -> None:
    assert tool.count_results("pytest", 5, tmp_path / "x.xml", "log", good_codes=(0, 5)).failed == 0


def test_a_command_past_its_limit_is_ended_with_its_children(tool: ModuleType, tmp_path: Path) -> None:
    tool.STAGE_LIMIT_S["ctest"] = 0.5
    assert tool.run("ctest", ["bash", "-c", "sleep 60 & sleep 60; true"], "log") == 124
    assert "limit of this stage" in (tmp_path / "log").read_text(encoding="utf-8")
