"""tools/check_layers.py on small trees made here: what is right passes, each kind of wrong include is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "check_layers.py"

CMAKE = {
    "base": "mlaas_add_layer(base SOURCES error.cpp)",
    "io": "mlaas_add_layer(\n  io\n  SOURCES opener.cpp # the registry\n  DEPENDS base\n  LIBRARIES Threads::Threads)",
    "root": "mlaas_add_layer(root SOURCES file.cpp DEPENDS io)",
    "table": "mlaas_add_layer(table SOURCES table.cpp DEPENDS root)",
    "feature": "mlaas_add_layer(feature SOURCES maker.cpp DEPENDS table)",
    "dataset": "mlaas_add_layer(dataset SOURCES dataset.cpp DEPENDS feature)",
    "model": "mlaas_add_layer(model SOURCES bundle.cpp DEPENDS feature)",
    "train": "mlaas_add_layer(train SOURCES report.cpp DEPENDS dataset)",
    "train/trees": "mlaas_add_layer(train_trees SOURCES booster.cpp DEPENDS train model)",
}
FILES = {
    "mlaas/base/error.h": "// Errors.\n#pragma once\n",
    "mlaas/base/error.cpp": '#include "mlaas/base/error.h"\n#include <vector>\n',
    "mlaas/io/opener.cpp": '#include "mlaas/base/error.h"\n',
    "mlaas/root/file.h": '#include "mlaas/base/error.h"\n',
    "mlaas/train/trees/booster.cpp": '#include <xgboost/c_api.h>\n#include "mlaas/model/bundle.h"\n',
    "mlaas/dataset/workflow.cpp": "#include <yaml-cpp/yaml.h>\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree in order, with every layer up to a part of train."""
    for layer, text in CMAKE.items():
        write(tmp_path, f"mlaas/{layer}/CMakeLists.txt", text)
    for name, text in FILES.items():
        write(tmp_path, name, text)
    (tmp_path / "apps").mkdir()
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def check(root: Path) -> tuple[int, list[str]]:
    done = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True, check=False)
    assert not done.stderr or done.returncode == 2, done.stderr
    return done.returncode, done.stdout.splitlines()


def test_accepts_a_tree_in_order(tree: Path) -> None:
    assert check(tree) == (0, [])


@pytest.mark.parametrize(
    ("file", "include", "said"),
    [
        ("mlaas/base/error.cpp", '"mlaas/io/opener.h"', "is of target io, which base may not include"),
        ("mlaas/io/opener.h", '"mlaas/root/file.h"', "is of target root, which io may not include"),
        ("mlaas/dataset/dataset.cpp", '"mlaas/model/bundle.h"', "is of target model, which dataset may not include"),
        ("mlaas/train/report.cpp", '"mlaas/model/bundle.h"', "is of target model, which train may not include"),
        ("mlaas/train/report.cpp", '"mlaas/train/trees/booster.h"', "train may not include"),
        ("mlaas/io/opener.cpp", '"opener.h"', "does not start at the root"),
        ("mlaas/io/opener.cpp", '"mlaas/nowhere/x.h"', "belongs to no mlaas_add_layer"),
        ("mlaas/serve/http.cpp", '"mlaas/base/error.h"', "list it in SOURCES"),
    ],
)
def test_refuses_an_include_outside_depends(tree: Path, file: str, include: str, said: str) -> None:
    write(tree, file, f"// First line.\n#  include {include}\n")
    code, findings = check(tree)
    assert code == 1
    assert len(findings) == 1
    assert findings[0].startswith(f"{file}:2: ")
    assert said in findings[0]


@pytest.mark.parametrize(
    ("file", "include"),
    [
        ("mlaas/model/bundle.cpp", "<torch/torch.h>"),
        ("apps/mlaas/main.cpp", "<ATen/ATen.h>"),
        ("mlaas/train/report.cpp", "<xgboost/c_api.h>"),
        ("mlaas/model/bundle.cpp", "<openvino/openvino.hpp>"),
        ("mlaas/io/opener.cpp", "<boost/asio.hpp>"),
        ("mlaas/train/report.cpp", '"onnx/onnx_pb.h"'),
        ("mlaas/io/opener.cpp", "<XrdCl/XrdClFile.hh>"),
        ("mlaas/dataset/workflow.h", "<yaml-cpp/yaml.h>"),
    ],
)
def test_refuses_a_heavy_header_out_of_its_place(tree: Path, file: str, include: str) -> None:
    write(tree, file, f"#include {include}\n")
    code, findings = check(tree)
    assert code == 1
    assert len(findings) == 1
    assert findings[0].startswith(f"{file}:1: ")


@pytest.mark.parametrize(
    ("layer", "call", "said"),
    [
        ("io", "mlaas_add_layer(io SOURCES opener.cpp DEPENDS base root)", "layer 'io' must not use layer 'root'"),
        ("model", "mlaas_add_layer(model SOURCES b.cpp DEPENDS dataset)", "layer 'model' must not use layer 'dataset'"),
        ("io", "mlaas_add_layer(io SOURCES opener.cpp DEPENDS base bse)", "'bse', which no mlaas_add_layer makes"),
        ("train", "mlaas_add_layer(train SOURCES r.cpp DEPENDS model dataset train_trees)", "depend on each other"),
    ],
)
def test_refuses_depends_that_do_not_point_down(tree: Path, layer: str, call: str, said: str) -> None:
    write(tree, f"mlaas/{layer}/CMakeLists.txt", call)
    code, findings = check(tree)
    assert code == 1
    assert any(said in finding for finding in findings), findings


def test_says_when_there_is_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "mlaas").mkdir()
    assert check(tmp_path)[0] == 2
