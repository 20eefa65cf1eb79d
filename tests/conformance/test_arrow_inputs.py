"""Parquet, CSV and NDJSON files give the values that pyarrow reads, and train as ROOT files do."""

from __future__ import annotations

import gzip
import json

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import uproot
from conftest import ROOT, sample_files

ENTRIES = 5000


@pytest.fixture(scope="module", autouse=True)
def has_arrow(mlaas, tmp_path_factory):
    path = tmp_path_factory.mktemp("probe") / "probe.csv"
    path.write_text("a\n1\n")
    if "built without Arrow" in mlaas("inspect", path).stderr:
        pytest.skip("the command was built without Arrow")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(1)
    lengths = rng.poisson(3, ENTRIES)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    numbers = range(ENTRIES)
    members = pa.struct([("a", pa.int16()), ("b", pa.list_(pa.float64()))])
    return pa.table(
        {
            "event": np.arange(ENTRIES, dtype=np.uint64) + 2**63,
            "ht": rng.normal(size=ENTRIES),
            "flag": rng.random(ENTRIES) < 0.5,
            "Jet_pt": pa.ListArray.from_arrays(offsets, rng.exponential(30, offsets[-1]).astype(np.float32)),
            "name": [f'run "{i % 7}",\n' for i in numbers],
            "some": [None if i % 5 == 0 else i / 2 for i in numbers],
            "some_integers": [None if i % 5 == 0 else i for i in numbers],
            "half": rng.normal(size=ENTRIES).astype(np.float16),
            "fixed": pa.array([[i, i + 1, i + 2] for i in numbers], pa.list_(pa.int32(), 3)),
            "s": pa.array([{"a": i, "b": [1.5] * (i % 3)} if i % 4 else None for i in numbers], members),
            "nested": pa.array([[[1.0] * (i % 3)] * (i % 4) for i in numbers], pa.list_(pa.list_(pa.float32()))),
            "lists": pa.array([None if i % 3 == 0 else [i] for i in numbers], pa.large_list(pa.int64())),
            "word": pa.array(["x" if i % 2 else "yy" for i in numbers]).dictionary_encode(),
            "map": pa.array([[("k", i)] for i in numbers], pa.map_(pa.string(), pa.int64())),
        }
    )


def export(mlaas, path, out, *arguments) -> None:
    result = mlaas("export", path, "--out", out, *arguments)
    assert result.returncode == 0, result.stderr


def check_jagged(folder, name, expected: ak.Array, dtype) -> None:
    offsets = np.load(folder / f"{name}.offsets.npy")
    np.testing.assert_array_equal(np.diff(offsets), ak.num(expected))
    values = np.load(folder / f"{name}.npy")
    assert values.dtype == dtype
    np.testing.assert_array_equal(values, ak.to_numpy(ak.flatten(expected)))


def column(table: pa.Table, name: str) -> ak.Array:
    return ak.from_arrow(table[name].combine_chunks())


def lists(rows) -> ak.Array:
    """Lists, those that are absent empty."""
    return ak.Array([row or [] for row in rows])


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_parquet(mlaas, table, tmp_path, codec):
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(table, path, row_group_size=1024, compression=codec)
    out = tmp_path / "out"
    # Without s.a: an integer of an absent struct has no value.
    export(mlaas, path, out, "--columns", "event,ht,flag,Jet_pt,name,some*,half,fixed,s.b,nested,lists,word,map.*")
    for name in ("event", "ht", "flag"):
        values = np.load(out / f"{name}.npy")
        np.testing.assert_array_equal(values, table[name].to_numpy())
        assert values.dtype == table[name].to_numpy().dtype
    for name in ("some", "some_integers"):
        np.testing.assert_array_equal(np.load(out / f"{name}.npy"), table[name].to_numpy().astype(float))
    np.testing.assert_array_equal(np.load(out / "half.npy"), table["half"].to_numpy().astype(np.float32))
    np.testing.assert_array_equal(np.load(out / "fixed.npy"), ak.to_numpy(column(table, "fixed")))
    check_jagged(out, "Jet_pt", column(table, "Jet_pt"), np.float32)
    check_jagged(out, "lists", lists(table["lists"].to_pylist()), np.int64)
    check_jagged(out, "s.b", lists(row and row["b"] for row in table["s"].to_pylist()), np.float64)
    check_jagged(out, "map.value", ak.Array([[i] for i in range(ENTRIES)]), np.int64)
    for name in ("name", "word"):
        text = np.load(out / f"{name}.npy").tobytes().decode()
        assert text == "".join(table[name].to_pylist())
    nested = column(table, "nested")
    np.testing.assert_array_equal(np.load(out / "nested.npy"), ak.flatten(nested, axis=None))


def test_a_range_of_parquet_entries(mlaas, table, tmp_path):
    path = tmp_path / "a.pq"
    pa.parquet.write_table(table, path, row_group_size=700)
    export(mlaas, path, tmp_path / "out", "--columns", "Jet_pt", "--entries", "650:1500")
    check_jagged(tmp_path / "out", "Jet_pt", column(table, "Jet_pt")[650:1500], np.float32)


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "csv.zst", "tsv"])
def test_csv(mlaas, table, tmp_path, suffix):
    table = table.select(["event", "ht", "flag", "name", "some", "some_integers"])
    path = tmp_path / f"a.{suffix}"
    options = pa.csv.WriteOptions(delimiter="\t" if suffix == "tsv" else ",")
    # Several blocks of text.
    table = pa.concat_tables([table] * 30)
    with pa.output_stream(path) as stream:
        pa.csv.write_csv(table, stream, options)
    export(mlaas, path, tmp_path / "out")
    for name in ("event", "ht", "flag"):
        values = np.load(tmp_path / "out" / f"{name}.npy")
        np.testing.assert_array_equal(values, table[name].to_numpy())
        assert values.dtype == table[name].to_numpy().dtype
    for name in ("some", "some_integers"):
        values = np.load(tmp_path / "out" / f"{name}.npy")
        np.testing.assert_array_equal(values, table[name].to_numpy().astype(float))
    assert np.load(tmp_path / "out" / "name.npy").tobytes().decode() == "".join(table["name"].to_pylist())


def test_ndjson(mlaas, table, tmp_path):
    names = ["ht", "flag", "Jet_pt", "name", "some", "some_integers", "s", "nested"]
    path = tmp_path / "a.ndjson.gz"
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in table.select(names).to_pylist())
    out = tmp_path / "out"
    export(mlaas, path, out)
    for name in ("ht", "flag"):
        np.testing.assert_array_equal(np.load(out / f"{name}.npy"), table[name].to_numpy())
    for name in ("some", "some_integers"):
        np.testing.assert_array_equal(np.load(out / f"{name}.npy"), table[name].to_numpy().astype(float))
    check_jagged(out, "Jet_pt", column(table, "Jet_pt"), np.float64)
    check_jagged(out, "s.b", lists(row and row["b"] for row in table["s"].to_pylist()), np.float64)
    absent = np.array([np.nan if i % 4 == 0 else i for i in range(ENTRIES)])
    np.testing.assert_array_equal(np.load(out / "s.a.npy"), absent)
    np.testing.assert_array_equal(np.load(out / "nested.npy"), ak.flatten(column(table, "nested"), axis=None))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"a,b\n1,2\n3\n", "Expected 2 columns, got 1"),
        ("a.csv", b"", "no first line that names the columns"),
        ("a.csv", b"a,b\n", "has no entry"),
        ("a.csv", b"a,a\n1,2\n", "names the column 'a' twice"),
        ("a.csv", b'a,b\n1,"x\n', "a quote is never closed"),
        ("a.csv.gz", gzip.compress(b"a\n" + b"1\n" * 9999)[:30], "Truncated"),
        ("a.csv.gz", gzip.compress(b"a\n1\n")[:-6] + b"123456", "a.csv.gz"),
        ("a.ndjson", b'{"a":1}\n{"a":"x"}\n', "changed from number to string"),
        ("a.jsonl", b'{"a":1\n', "JSON parse error"),
        ("a.parquet", b"PAR1" * 5, "a.parquet"),
        ("a.parquet", b"nothing of it", "a.parquet"),
    ],
)
def test_what_cannot_be_read(mlaas, tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    result = mlaas("inspect", path)
    assert result.returncode == 4, result.stderr
    assert message in result.stderr
    assert str(path) in result.stderr


def test_integers_that_have_no_exact_float(mlaas, tmp_path):
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"n": [None, 2**53 + 1]}), path)
    result = mlaas("export", path, "--out", tmp_path / "out")
    assert result.returncode == 3
    assert f"does not hold {2**53 + 1} exactly" in result.stderr


def test_damaged_parquet(mlaas, table, tmp_path):
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(table, path, row_group_size=1024, write_page_checksum=False)
    whole = path.read_bytes()
    rng = np.random.default_rng(2)
    for i in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged if i % 3 else whole[: int(rng.integers(len(whole)))])
        result = mlaas("export", path, "--columns", "ht,Jet_pt,nested", "--out", tmp_path / "out", timeout=60)
        assert result.returncode in (0, 2, 3, 4), (i, result.returncode, result.stderr)


@pytest.mark.slow
def test_training_is_the_same_from_parquet(mlaas, tmp_path):
    """The sample's trees as Parquet files, one row group a cluster, give the model that the ROOT files give."""
    for path in sample_files():
        with uproot.open(path) as file:
            tree = file["Events"]
            arrays = tree.arrays(library="ak")
            ak.to_parquet(arrays, tmp_path / f"{path.stem}.parquet", row_group_size=tree.num_entries)
    models = []
    for name, pattern in (("root", "examples/tth/data/{}_*.root"), ("parquet", str(tmp_path / "{}_*.parquet"))):
        samples = []
        for sample, stem in (("ttH", "tth"), ("ttbar", "ttbar"), ("multijet", "multijet")):
            samples += ["--set", f"dataset.samples.{sample}.files={pattern.format(stem)}"]
        out = tmp_path / name
        result = mlaas(
            "train", "examples/tth/trees.yaml", "--output", out, "--set", "model.rounds=5", *samples, cwd=ROOT
        )
        assert result.returncode == 0, result.stderr
        models.append((out / "model.json").read_text())
    assert models[0] == models[1]
