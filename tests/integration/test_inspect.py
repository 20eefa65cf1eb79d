"""mlaas inspect and export: what they print, and what they say of bad input."""

from __future__ import annotations

import json
import re

import pytest
import uproot

HZZ = "uproot-HZZ.root"


@pytest.fixture
def hzz(testdata):
    return testdata(HZZ)


def assert_one_error(result, code, *words):
    """The result is one line on standard error that has all words, and this exit code."""
    assert result.returncode == code, result.stderr
    assert re.fullmatch(r"error: [^\n]+\n", result.stderr), result.stderr
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_json_has_the_documented_shape(mlaas, hzz):
    result = mlaas("inspect", hzz, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    content = json.loads(result.stdout)
    assert content["file"] == str(hzz)
    assert content["bytes"] == hzz.stat().st_size
    (tree,) = content["objects"]
    assert (tree["name"], tree["kind"], tree["entries"]) == ("events", "ttree", 2421)
    columns = {column["name"]: column for column in tree["columns"]}
    assert columns["NJet"]["type"] == "int32"
    assert columns["Jet_Px"]["type"] == "var * float32"
    assert columns["Jet_Px"]["counter"] == "NJet"
    assert columns["Jet_Px"]["uncompressed_bytes"] > columns["Jet_Px"]["compressed_bytes"] > 0


def test_collections_have_their_own_types(mlaas, testdata):
    """As uproot calls them: of a whole branch, and of a member beside plain ones."""
    for name, column in (("uproot-vectorVectorDouble.root", "x"), ("uproot-issue407.root", "Evt/trks/trks.usr")):
        path = testdata(name)
        trees = json.loads(mlaas("inspect", path, "--json").stdout)["objects"]
        stored = {one["name"]: one["stored_type"] for tree in trees for one in tree["columns"]}
        with uproot.open(path) as file:
            tree = next(tree for tree in file.values(filter_classname="TTree") if column in tree)
            inner = tree[column].streamer.typename if tree[column].streamer else tree[column].typename
        assert stored[column] == inner.replace("std::", "").replace("> >", ">>")


def test_text_is_a_table(mlaas, hzz):
    result = mlaas("inspect", hzz)
    assert (result.returncode, result.stderr) == (0, "")
    assert "ttree 'events': 2421 entries" in result.stdout
    row = next(line.split() for line in result.stdout.splitlines() if line.strip().startswith("NJet "))
    assert row[1:3] == ["int32", "Int_t"]


def test_one_tree_only(mlaas, hzz):
    content = json.loads(mlaas("inspect", hzz, "--tree", "events", "--json").stdout)
    assert [tree["name"] for tree in content["objects"]] == ["events"]


def test_a_reader_that_leaves_is_no_error(mlaas, hzz):
    """mlaas inspect FILE | head -0 ends without a message."""
    import subprocess

    command = f"'{mlaas.binary}' inspect '{hzz}' | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() in ("0", "141")
    assert result.stderr == ""


BAD_FILES = {
    "not_root": b"this is no ROOT file, it only has its name\n" * 10,
    "empty": b"",
    "short": b"root\x00\x00\xfa\x00",
}


@pytest.mark.parametrize("command", ["inspect", "export"])
class TestBadInput:
    def call(self, mlaas, command, file, *options, out):
        more = ["--out", out] if command == "export" else []
        return mlaas(command, file, *options, *more)

    def test_missing_file(self, mlaas, command, tmp_path):
        result = self.call(mlaas, command, tmp_path / "no_such.root", out=tmp_path / "out")
        assert_one_error(result, 4, "no_such.root")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("kind", BAD_FILES)
    def test_not_a_root_file(self, mlaas, command, kind, tmp_path):
        path = tmp_path / f"{kind}.root"
        path.write_bytes(BAD_FILES[kind])
        assert_one_error(self.call(mlaas, command, path, out=tmp_path / "out"), 4, path.name)

    def test_unknown_tree_offers_the_nearest(self, mlaas, command, hzz, tmp_path):
        result = self.call(mlaas, command, hzz, "--tree", "event", out=tmp_path / "out")
        assert_one_error(result, 4, "'event'", "'events'")

    def test_truncated_file(self, mlaas, command, hzz, tmp_path):
        """Where the cut leaves the tree readable or not: an error, or for inspect the tree, but never silence."""
        whole = hzz.read_bytes()
        for share in (0.1, 0.5, 0.9):
            path = tmp_path / "cut.root"
            path.write_bytes(whole[: int(len(whole) * share)])
            assert_one_error(self.call(mlaas, command, path, out=tmp_path / "out"), 4, "cut.root")


def test_unknown_column_offers_the_nearest(mlaas, hzz, tmp_path):
    result = mlaas("export", hzz, "--tree", "events", "--columns", "NJet,Jet_PX", "--out", tmp_path / "out")
    assert_one_error(result, 4, "'Jet_PX'", "Jet_Px", "uproot-HZZ.root")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("entries", ["5", "a:b", "7:3", "-1:5", "99999:"])
def test_wrong_entries(mlaas, hzz, tmp_path, entries):
    assert_one_error(mlaas("export", hzz, f"--entries={entries}", "--out", tmp_path), 2, "--entries", entries)


def test_out_cannot_be_made(mlaas, hzz, tmp_path):
    (tmp_path / "file").touch()
    assert_one_error(mlaas("export", hzz, "--out", tmp_path / "file" / "dir"), 4, "file")


def test_unsupported_columns_are_named_and_the_others_written(mlaas, testdata, tmp_path):
    path = testdata("uproot-issue475.root")
    result = mlaas("export", path, "--tree", "Event/Sim/SimEvent", "--out", tmp_path)
    assert result.returncode == 3
    lines = result.stderr.splitlines()
    assert lines
    assert all(re.match(r"error: column '[^']+' is not exported: .", line) for line in lines)
    assert (tmp_path / "SimEvent.fNumDeposits.npy").exists()
    assert not list(tmp_path.glob("*.part-*"))
