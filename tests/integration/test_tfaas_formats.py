"""TFaaS's uploads of TensorFlow's own models: frozen graphs and SavedModels, by form and by tar, against TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from integration.test_serve import Server
from integration.test_tfaas import multipart, tar_of

MODELS = Path(__file__).parents[1] / "unit/infer"
ROWS = json.loads((MODELS / "models/expected.json").read_text(encoding="utf-8"))
SCORES = json.loads((MODELS / "images/expected.json").read_text(encoding="utf-8"))["scores"]
LABELS = ["top", "W", "Z", "higgs", "gluon", "quark", "tau"]
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def server(mlaas, tmp_path_factory):
    with Server(mlaas.binary, tmp_path_factory.mktemp("tfaas"), "--threads", "2") as running:
        yield running


def upload_form(server: Server, params: dict, model: Path) -> None:
    kind, form = multipart(
        {"name": params["name"].encode()},
        {
            "params": ("params.json", "application/json", json.dumps(params).encode()),
            "model": (model.name, "application/octet-stream", model.read_bytes()),
            "labels": ("labels.txt", "text/plain", "".join(f"{label}\n" for label in LABELS).encode()),
        },
    )
    status, _, text = server.ask("POST", "/upload", form, {"Content-Type": kind})
    assert (status, text) == (200, "")


def ask_image(server: Server, model: str) -> str:
    picture = (MODELS / "images/picture.png").read_bytes()
    kind, form = multipart({"model": model.encode()}, {"image": ("picture.png", "image/png", picture)})
    status, _, text = server.ask("POST", "/image", form, {"Content-Type": kind})
    assert status == 200, text
    return text


def check_row(server: Server, model: str, case: str) -> None:
    values = ROWS[case]["inputs"][0]["data"][4:8]
    status, _, text = server.ask("POST", "/json", {"keys": ["a", "b", "c", "d"], "values": values, "model": model})
    assert status == 200, text
    assert json.loads(text) == pytest.approx(ROWS[case]["outputs"][0]["data"][1:2], rel=TOLERANCE)


def test_rows_of_a_frozen_graph_uploaded_by_form(server):
    params = {"name": "rows", "model": "frozen.pb", "labels": "labels.txt", "inputNode": "x", "outputNode": "Identity"}
    upload_form(server, params, MODELS / "models/frozen.pb")
    check_row(server, "rows", "frozen.pb")
    assert params in json.loads(server.ask("GET", "/models")[2])


def test_images_of_a_frozen_graph_uploaded_by_form(server):
    upload_form(
        server,
        {"name": "pictures", "model": "network.pb", "labels": "labels.txt", "img_channels": 3},
        MODELS / "images/network.pb",
    )
    answer = json.loads(ask_image(server, "pictures"))
    assert answer["filename"] == "picture.png"
    best = sorted(range(len(SCORES)), key=lambda i: -SCORES[i])[:5]
    assert [row["label"] for row in answer["labels"]] == [LABELS[i] for i in best]
    assert [row["probability"] for row in answer["labels"]] == pytest.approx([SCORES[i] for i in best], rel=TOLERANCE)


@pytest.mark.parametrize("gzip", [True, False])
def test_rows_of_a_savedmodel_uploaded_by_tar(server, gzip):
    status, _, text = server.ask("POST", "/upload", tar_of(MODELS / "models/keras_export", "saved", gzip))
    assert (status, text) == (200, "")
    check_row(server, "saved", "keras_export")


def test_images_of_a_savedmodel_uploaded_by_tar(server):
    status, _, text = server.ask("POST", "/upload", tar_of(MODELS / "images/network", "savedpictures"))
    assert (status, text) == (200, "")
    assert json.loads(ask_image(server, "savedpictures")) == pytest.approx(SCORES, rel=TOLERANCE)
