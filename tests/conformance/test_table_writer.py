"""ROOT and uproot read what our writers write: TTree and RNTuple, every type and codec, several clusters, none."""

from __future__ import annotations

import subprocess
import sys

import awkward as ak
import numpy as np
import pytest
import uproot
from conformance import written_table as table

KINDS = ["ttree", "rntuple"]
CODECS = ["zstd:1", "zlib:4", "lz4:1", "lz4:9", "none"]

# A value of any type as one list of numbers: lengths before their elements.
FLATTEN = """
template <class T> void mlaasFlatten(const T &x, std::vector<double> &out);
template <class T> void mlaasFlattenAll(const T &list, std::vector<double> &out) {
  out.push_back(list.size());
  for (auto &&element : list) mlaasFlatten(element, out);
}
template <class T> struct MlaasFlatten {
  static void run(const T &x, std::vector<double> &out) { out.push_back(static_cast<double>(x)); }
};
template <class T> struct MlaasFlatten<ROOT::VecOps::RVec<T>> {
  static void run(const ROOT::VecOps::RVec<T> &x, std::vector<double> &out) { mlaasFlattenAll(x, out); }
};
template <class T> struct MlaasFlatten<std::vector<T>> {
  static void run(const std::vector<T> &x, std::vector<double> &out) { mlaasFlattenAll(x, out); }
};
template <class T, std::size_t N> struct MlaasFlatten<std::array<T, N>> {
  static void run(const std::array<T, N> &x, std::vector<double> &out) { mlaasFlattenAll(x, out); }
};
template <> struct MlaasFlatten<std::string> {
  static void run(const std::string &x, std::vector<double> &out) { mlaasFlattenAll(x, out); }
};
template <class T> void mlaasFlatten(const T &x, std::vector<double> &out) { MlaasFlatten<T>::run(x, out); }
template <class T> ROOT::VecOps::RVec<double> mlaasNumbers(const T &x) {
  std::vector<double> out;
  mlaasFlatten(x, out);
  return ROOT::VecOps::RVec<double>(out.begin(), out.end());
}
"""

# Runs its arguments and prints their peak memory in KiB.
PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(0 if code in (0, 3) else code)
"""


@pytest.fixture(scope="module")
def root():
    module = pytest.importorskip("ROOT")
    module.gInterpreter.Declare(FLATTEN)
    return module


def check_all(opened, entries):
    assert opened.num_entries == entries
    for name, wanted in table.expected(entries).items():
        table.assert_same(name, opened[name].array(), wanted)
    for name, wanted in table.strings(entries).items():
        assert ak.to_list(opened[name].array()) == wanted, name


@pytest.mark.parametrize("entries", table.SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_uproot_reads_every_column(write, kind, entries):
    with uproot.open(write(entries, kind)) as file:
        check_all(file["tree"], entries)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", KINDS)
def test_uproot_reads_every_codec(write, kind, codec):
    with uproot.open(write(2500, kind, codec)) as file:
        check_all(file["tree"], 2500)


@pytest.mark.parametrize("entries", table.SIZES)
def test_uproot_reads_counters(write, entries):
    with uproot.open(write(entries, "ttree")) as file:
        assert file["tree"].title == "every type"
        for name, dtype in table.COUNTERS.items():
            found = file["tree"][name].array(library="np")
            assert found.dtype.newbyteorder("=") == dtype
            np.testing.assert_array_equal(found, table.counts(entries))


def test_files_describe_their_own_classes(write):
    """Each file describes its classes as ROOT 6.40 does: same versions."""
    with uproot.open(write(1000, "ttree")) as file:
        classes = {name: list(versions) for name, versions in file.file.streamers.items()}
    assert classes["TTree"] == [20]
    assert classes["TBranch"] == [13]
    assert classes["TBranchElement"] == [10]
    assert classes["TLeaf"] == [2]
    assert {f"TLeaf{letter}" for letter in "BSILFDO"} < set(classes)
    with uproot.open(write(1000, "rntuple")) as file:
        assert list(file.file.streamers["ROOT::RNTuple"]) == [2]


def numbers(value):
    """As mlaasNumbers in FLATTEN."""
    if isinstance(value, str):
        value = [ord(character) for character in value]
    if not isinstance(value, list):
        return [float(value)]
    return [float(len(value))] + [number for element in value for number in numbers(element)]


def as_root_has_it(name, kind, rows):
    """A TTree's fixed arrays have one dimension for RDataFrame."""
    if kind == "ttree" and name == "matrix":
        return [[value for row in matrix for value in row] for matrix in rows]
    return rows


@pytest.mark.parametrize("entries", table.SIZES[1:3])
@pytest.mark.parametrize("kind", KINDS)
def test_root_reads_every_column(root, write, kind, entries):
    path = write(entries, kind)
    file = root.TFile.Open(str(path))
    assert not file.IsZombie()
    assert not file.TestBit(root.TFile.kRecovered)
    assert file.GetNkeys() == 1
    file.Close()
    frame = root.RDataFrame("tree", str(path))
    wanted = {name: ak.to_list(array) for name, array in table.expected(entries).items()} | table.strings(entries)
    if kind == "ttree":
        del wanted["Mu_cells"]  # x[n][2][2]: RDataFrame has no column type for it; see the next test
    found = {}
    for name in wanted:
        found[name] = frame.Define(f"{name}_numbers", f"mlaasNumbers({name})").Take["ROOT::VecOps::RVec<double>"](
            f"{name}_numbers"
        )
    for name, rows in wanted.items():
        got = [[float(number) for number in row] for row in found[name].GetValue()]
        assert got == [numbers(row) for row in as_root_has_it(name, kind, rows)], name


def test_root_draws_counted_fixed_arrays(root, write):
    file = root.TFile.Open(str(write(1000, "ttree")))
    tree = file.Get("tree")
    wanted = table.jagged_values(np.int16, 1000, each=4)
    tree.SetEstimate(wanted.size)
    assert tree.Draw("Mu_cells", "", "goff") == wanted.size
    np.testing.assert_array_equal(np.frombuffer(tree.GetV1(), count=wanted.size), wanted)
    file.Close()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", KINDS)
def test_root_reads_every_codec(root, write, kind, codec):
    frame = root.RDataFrame("tree", str(write(2500, kind, codec)))
    wanted = table.expected(2500)
    assert frame.Sum("i32").GetValue() == ak.sum(wanted["i32"])
    assert frame.Define("s", "ROOT::VecOps::Sum(Mu_pt)").Sum("s").GetValue() == ak.sum(wanted["Mu_pt"])
    length = frame.Define("n", "(double)text.size()").Sum("n").GetValue()
    assert length == sum(len(text) for text in table.text_values(2500))


def test_root_finds_the_clusters_of_a_tree(root, write):
    file = root.TFile.Open(str(write(25_432, "ttree")))
    iterator = file.Get("tree").GetClusterIterator(0)
    starts = []
    while (start := iterator.Next()) < 25_432:
        starts.append(start)
    assert starts == list(range(0, 25_432, 1000))
    file.Close()


def test_root_finds_the_clusters_of_an_rntuple(root, write):
    reader = root.RNTupleReader.Open("tree", str(write(25_432, "rntuple")))
    assert reader.GetNEntries() == 25_432
    assert reader.GetDescriptor().GetNClusters() == 26


@pytest.mark.parametrize("kind", KINDS)
def test_root_adds_to_the_file(root, write, kind):
    """The free list is right: ROOT reopens the file for update, and nothing is overwritten."""
    path = write(999, kind)
    file = root.TFile.Open(str(path), "UPDATE")
    root.TNamed("note", "added").Write()
    file.Close()
    file = root.TFile.Open(str(path))
    assert file.Get("note").GetTitle() == "added"
    file.Close()
    with uproot.open(path) as again:
        check_all(again["tree"], 999)


def test_root_attaches_a_written_tree_as_friend(root, write):
    first, second = write(1000, "ttree"), write(1000, "ttree", "zlib:4")
    file = root.TFile.Open(str(first))
    tree = file.Get("tree")
    tree.AddFriend("other = tree", str(second))
    frame = root.RDataFrame(tree)
    assert frame.Filter("i32 == other.i32 && Jet_pt.size() == other.Jet_pt.size()").Count().GetValue() == 1000
    file.Close()


@pytest.mark.parametrize("kind", KINDS)
def test_memory_of_export_does_not_grow_with_the_file(mlaas, write, kind, tmp_path):
    """Twice the entries, 180 and 360 MB of columns, in the same memory."""
    peaks = []
    for entries in (600_000, 1_200_000):
        source = write(entries, "ttree", "lz4:1")
        command = [mlaas.binary, "export", source, "--as", kind, "--out", tmp_path / f"{entries}.root", "--quiet"]
        # From a small process: a child's peak starts with what its parent had.
        result = subprocess.run([sys.executable, "-c", PEAK, *command], capture_output=True, text=True, check=True)
        peaks.append(int(result.stdout) / 1024)  # MiB
    assert peaks[1] < peaks[0] + 25
    assert peaks[1] < 250


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_files_beyond_2_gb_are_read(root, write, kind):
    """The last entries lie behind the place where offsets need more than 32 bits."""
    entries = 3000
    path = write(entries, kind, "none", 2_300_000_000)
    try:
        assert path.stat().st_size > 2_300_000_000
        with uproot.open(path) as file:
            tree = file["tree"]
            assert tree.num_entries == entries
            for name in ("i64", "Jet_pt", "hits"):
                table.assert_same(name, tree[name].array(), table.expected(entries)[name])
        frame = root.RDataFrame("tree", str(path))
        assert frame.Sum("i32").GetValue() == ak.sum(table.expected(entries)["i32"])
        file = root.TFile.Open(str(path), "UPDATE")
        assert not file.TestBit(root.TFile.kRecovered)
        root.TNamed("note", "added").Write()
        file.Close()
        file = root.TFile.Open(str(path))
        assert file.Get("note").GetTitle() == "added"
        file.Close()
    finally:
        path.unlink()
