"""The page at `/` of `mlaas serve` in a headless browser: what it shows and asks, without a request elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from integration.bundles import Group, Signature, write_network
from integration.test_serve import Server

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = {"desktop": ("1280", "900", "light"), "phone": ("390", "844", "dark")}
READY = "while (!document.body.dataset.ready) await new Promise(done => setTimeout(done, 20));"
TOKEN = "page-token-0123456789"
# Chooses the second model, sends the example that the page offers, and tells what it shows.
USE = f"""(async () => {{ {READY}
  const at = id => document.getElementById(id);
  at('chosen').selectedIndex = 1;
  await choose();
  const example = at('request').value;
  await send();
  return {{ state: at('state').textContent, models: at('models').innerText, signature: at('signature').innerText,
    example, answer: at('answer').textContent, took: at('took').textContent,
    pageWidth: document.documentElement.scrollWidth }};
}})()"""
WITH_TOKEN = f"""(async () => {{ {READY}
  const before = document.getElementById('state').textContent;
  document.getElementById('token').value = '{TOKEN}';
  await look();
  return {{ before, after: document.getElementById('state').textContent }};
}})()"""


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "a<b>odd", Signature(["ht"]))
    write_network(folder / "net", Signature(["ht", "met"], [Group("jets", ["Jet_pt"], 4)]))
    (write_network(folder / "wrong", Signature(["ht"])) / "model.onnx").write_bytes(b"damaged")
    return folder


def look(url: str, size: str, profile: Path, expression: str) -> dict:
    if CHROMIUM is None or shutil.which("node") is None:
        pytest.skip("chromium and node are not both installed")
    script = ROOT / "tests" / "browser" / "open_page.mjs"
    command = ["node", script, CHROMIUM, profile, url, *SIZES[size], "", expression]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("base", ["", "/tfaas"])
def test_page_shows_and_asks_models(mlaas, models, tmp_path, size, base):
    with Server(mlaas.binary, models, "--base", base or "/") as server:
        seen = look(f"{server.url}{base}/", size, tmp_path / "profile", USE)
        assert seen["errors"] == []
        assert {urlsplit(url).netloc for url in seen["requests"]} == {urlsplit(server.url).netloc}
        assert seen["pageWidth"] <= seen["screenWidth"]
        shown = seen["value"]
        assert shown["pageWidth"] <= seen["screenWidth"]
        assert "3 on this server" in shown["state"]
        assert "net" in shown["models"] and "checksum" in shown["models"] and "READY" in shown["models"]
        assert "jets_count" in shown["signature"] and "scores" in shown["signature"]
        assert shown["took"].startswith("200, ")
        # What the page shows is what the server answers to the page's example.
        status, _, text = server.ask("POST", f"{base}/v2/models/net/infer", shown["example"])
        assert (status, json.loads(shown["answer"])) == (200, json.loads(text))


def test_page_takes_a_token(mlaas, models, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"read {TOKEN}\n")
    tokens.chmod(0o600)
    with Server(mlaas.binary, models, "--token-file", str(tokens)) as server:
        seen = look(f"{server.url}/", "desktop", tmp_path / "profile", WITH_TOKEN)
        assert "401" in seen["value"]["before"]
        assert "3 on this server" in seen["value"]["after"]
