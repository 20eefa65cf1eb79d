"""The report and `mlaas report` in headless Chromium: no error, no request, plots drawn, fits desktop and phone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = {"desktop": ("1280", "900", "light"), "phone": ("390", "844", "dark")}
SHORT = {"mlp": ["--set", "training.epochs=1"], "trees": ["--set", "model.rounds=5"]}


@pytest.fixture(scope="module")
def bundles(mlaas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    for kind, short in SHORT.items():
        workflow = ROOT / "examples" / "tth" / f"{kind}.yaml"
        compare = ["--set", "compare=[cut, fisher]"] if kind == "trees" else []
        done = mlaas("train", workflow, "--output", folder / kind, "--quiet", *short, *compare, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    return folder


def look(page: Path, size: str, profile: Path) -> dict:
    if CHROMIUM is None or shutil.which("node") is None:
        pytest.skip("chromium and node are not both installed")
    command = ["node", ROOT / "tests" / "browser" / "open_page.mjs", CHROMIUM, profile, page, *SIZES[size]]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_sound(page: Path, size: str, profile: Path) -> None:
    seen = look(page, size, profile)
    assert seen["errors"] == []
    assert seen["requests"] == []
    assert seen["pageWidth"] <= seen["screenWidth"]
    assert seen["plots"] > 3
    if "plots-library" in page.read_text(encoding="utf-8"):
        assert seen["drawn"] == seen["plots"]
        assert seen["canvases"] >= seen["plots"]


@pytest.mark.parametrize("size", SIZES)
def test_report_opens(bundles, tmp_path, size):
    assert_sound(bundles / "trees" / "report.html", size, tmp_path / "profile")


@pytest.mark.parametrize("size", SIZES)
def test_comparison_opens(mlaas, bundles, tmp_path, size):
    page = tmp_path / "compared.html"
    done = mlaas("report", bundles / "mlp", bundles / "trees", "--out", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{page}\n"
    assert_sound(page, size, tmp_path / "profile")


def test_comparison_has_the_numbers_of_each_bundle(mlaas, bundles, tmp_path):
    page = tmp_path / "compared.html"
    done = mlaas("report", bundles / "mlp", bundles / "trees", "--out", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    for kind in SHORT:
        metrics = json.loads((bundles / kind / "metrics.json").read_text())
        assert f"{metrics['parts']['test']['auc']:.3f}" in text
        assert f"tth_{kind}" in text
    assert "test parts of the same size and weight" in text
    assert list(tmp_path.iterdir()) == [page]


def test_comparison_says_what_does_not_fit(mlaas, bundles, tmp_path):
    missing = mlaas("report", bundles / "none", "--out", tmp_path / "a.html")
    assert missing.returncode != 0
    assert "none" in missing.stderr
    broken = tmp_path / "broken"
    shutil.copytree(bundles / "mlp", broken)
    (broken / "metrics.json").write_text("[]")
    refused = mlaas("report", bundles / "trees", broken, "--out", tmp_path / "a.html")
    assert refused.returncode != 0
    assert "metrics.json" in refused.stderr
    assert not (tmp_path / "a.html").exists()
    unwritable = mlaas("report", bundles / "trees", "--out", tmp_path / "no" / "a.html")
    assert unwritable.returncode != 0
    assert "cannot be written" in unwritable.stderr
