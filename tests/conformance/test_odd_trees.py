"""Trees that are not as they should be: written by ROOT in the test, read by `mlaas export`.

Expected values are the formulas that the branches were filled with.
"""

from __future__ import annotations

from array import array

import numpy as np
import pytest

ROOT = pytest.importorskip("ROOT")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to write to by bare names: ROOT keeps the path that it was given."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(mlaas, path, *options, code=0):
    out = path.parent / "out"
    done = mlaas("export", path, "--out", out, *options)
    assert done.returncode == code, done.stderr
    return {file.stem: np.load(file) for file in out.glob("*.npy")}, done.stderr


def fill(tree, buffer, first, last, value):
    for entry in range(first, last):
        buffer[0] = value(entry)
        tree.Fill()


def test_a_branch_made_later_than_its_tree(mlaas, here):
    file = ROOT.TFile("late.root", "RECREATE")
    tree = ROOT.TTree("t", "t")
    early, shifted, late = array("i", [0]), array("f", [0]), array("f", [0])
    tree.Branch("early", early, "early/I", 1000)
    fill(tree, early, 0, 700, lambda entry: entry)
    tree.Branch("shifted", shifted, "shifted/F", 1000)
    tree.Branch("late", late, "late/F", 1000).SetFirstEntry(700)
    for entry in range(700, 1500):
        early[0], shifted[0], late[0] = entry, entry / 2, entry / 4
        tree.Fill()
    tree.Write()
    file.Close()
    columns, _ = export(mlaas, here / "late.root")
    entries = np.arange(1500)
    np.testing.assert_array_equal(columns["early"], entries)
    np.testing.assert_array_equal(columns["shifted"], np.float32(entries[700:] / 2))
    np.testing.assert_array_equal(columns["late"], np.float32(np.where(entries < 700, 0, entries / 4)))
    columns, _ = export(mlaas, here / "late.root", "--entries", "650:750")
    np.testing.assert_array_equal(columns["late"], np.float32(np.where(entries < 700, 0, entries / 4))[650:750])


def test_branches_of_other_lengths(mlaas, here):
    file = ROOT.TFile("uneven.root", "RECREATE")
    tree = ROOT.TTree("t", "t")
    buffer = array("i", [0])
    lengths = {"more": 1000, "fewer": 400, "none": 0}
    for name, length in lengths.items():
        branch = tree.Branch(name, buffer, f"{name}/I", 1000)
        for entry in range(length):
            buffer[0] = entry
            branch.Fill()
    tree.SetEntries(700)
    tree.Write()
    file.Close()
    columns, _ = export(mlaas, here / "uneven.root")
    for name, length in lengths.items():
        np.testing.assert_array_equal(columns[name], np.arange(length), name)
    _, message = export(mlaas, here / "uneven.root", "--select", "more >= 0", code=2 + 1)
    assert "it has 400 entries, the tree 700" in message


def test_branches_in_another_file(mlaas, here):
    file = ROOT.TFile("main.root", "RECREATE")
    tree = ROOT.TTree("t", "t")
    here_, count, far = array("i", [0]), array("i", [0]), array("f", [0] * 5)
    tree.Branch("here", here_, "here/I", 1000)
    tree.Branch("n", count, "n/I", 1000).SetFile("side.root")
    tree.Branch("far", far, "far[n]/F", 1000).SetFile("side.root")
    for entry in range(1000):
        here_[0], count[0] = entry, entry % 5
        for i in range(5):
            far[i] = entry + i / 8
        tree.Fill()
    tree.Write()
    file.Close()
    columns, _ = export(mlaas, here / "main.root")
    counts = np.arange(1000) % 5
    np.testing.assert_array_equal(columns["n"], counts)
    np.testing.assert_array_equal(np.diff(columns["far.offsets"]), counts)
    expected = np.concatenate([entry + np.arange(n) / 8 for entry, n in enumerate(counts)])
    np.testing.assert_array_equal(columns["far"], np.float32(expected))
    (here / "side.root").unlink()
    columns, message = export(mlaas, here / "main.root", "--columns", "here,far", code=3)
    assert "column 'far' is not exported" in message
    np.testing.assert_array_equal(columns["here"], np.arange(1000))


def test_leaves_of_one_branch(mlaas, here):
    ROOT.gInterpreter.Declare(
        """
        struct CountedLeaves { Int_t n; Float_t x[5]; } counted_leaves;
        struct NamedLeaves { Int_t k; char s[20]; } named_leaves;
        struct ArrayLeaves { Float_t p[3]; Float_t q[2][3]; } array_leaves;
        void fillLeaves(TTree* tree) {
          tree->Branch("counted", &counted_leaves, "n/I:x[n]/F");
          tree->Branch("named", &named_leaves, "k/I:s/C");
          tree->Branch("arrays", &array_leaves, "p[3]/F:q[2][3]/F");
          for (int i = 0; i < 50; ++i) {
            counted_leaves.n = i % 5;
            for (int k = 0; k < 5; ++k) counted_leaves.x[k] = i + k / 8.;
            named_leaves.k = -i;
            snprintf(named_leaves.s, 20, "name %d", i);
            for (int k = 0; k < 3; ++k) array_leaves.p[k] = i + k;
            for (int k = 0; k < 6; ++k) array_leaves.q[k / 3][k % 3] = i * k;
            tree->Fill();
          }
        }"""
    )
    file = ROOT.TFile("leaves.root", "RECREATE")
    tree = ROOT.TTree("t", "t")
    ROOT.fillLeaves(tree)
    tree.Write()
    file.Close()
    columns, _ = export(mlaas, here / "leaves.root")
    entries = np.arange(50)
    np.testing.assert_array_equal(columns["counted.n"], entries % 5)
    np.testing.assert_array_equal(np.diff(columns["counted.x.offsets"]), entries % 5)
    expected = np.concatenate([entry + np.arange(entry % 5) / 8 for entry in entries])
    np.testing.assert_array_equal(columns["counted.x"], np.float32(expected))
    np.testing.assert_array_equal(columns["named.k"], -entries)
    assert columns["named.s"].tobytes().decode() == "".join(f"name {entry}" for entry in entries)
    np.testing.assert_array_equal(columns["arrays.p"], np.float32(entries[:, None] + np.arange(3)))
    np.testing.assert_array_equal(
        columns["arrays.q"], np.float32(np.multiply.outer(entries, np.arange(6).reshape(2, 3)))
    )


def test_files_that_were_cut_short_or_never_closed(mlaas, here):
    file = ROOT.TFile("whole.root", "RECREATE")
    file.mkdir("folder").cd()
    tree = ROOT.TTree("t", "t")
    a, b = array("i", [0]), array("f", [0])
    tree.Branch("a", a, "a/I", 2000)
    tree.Branch("b", b, "b/F", 2000)
    for entry in range(20000):
        a[0], b[0] = entry, entry / 2
        tree.Fill()
        if entry == 9999:
            tree.AutoSave()
    file.Flush()
    (here / "unclosed.root").write_bytes((here / "whole.root").read_bytes())
    tree.Write()
    file.Close()
    whole = (here / "whole.root").read_bytes()
    (here / "cut.root").write_bytes(whole[: len(whole) * 8 // 10])
    for name in ("unclosed.root", "cut.root"):
        listing = mlaas("inspect", here / name)
        assert listing.returncode == 0, listing.stderr
        assert "warning: it " in listing.stdout
        columns, _ = export(mlaas, here / name, "--tree", "folder/t")
        np.testing.assert_array_equal(columns["a"], np.arange(10000))
        np.testing.assert_array_equal(columns["b"], np.float32(np.arange(10000) / 2))
    (here / "stub.root").write_bytes(whole[:1000])
    _, message = export(mlaas, here / "stub.root", "--tree", "folder/t", code=4)
    assert "is truncated" in message


def test_cycles_of_a_tree(mlaas, here):
    file = ROOT.TFile("cycles.root", "RECREATE")
    buffer = array("i", [0])
    for cycle in (1, 2):
        tree = ROOT.TTree("t", "t")
        tree.Branch("x", buffer, "x/I")
        fill(tree, buffer, 0, 10, lambda entry, factor=cycle: factor * entry)
        tree.Write()
        tree.SetDirectory(ROOT.nullptr)
    file.Close()
    for name, factor in (("t", 2), ("t;1", 1), ("t;2", 2)):
        columns, _ = export(mlaas, here / "cycles.root", "--tree", name)
        np.testing.assert_array_equal(columns["x"], factor * np.arange(10))


# One file for each version of TTree from 16 to 19.
@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("uproot-sample-5.23.02-uncompressed.root", "sample"),
        ("uproot-sample-5.25.02-uncompressed.root", "sample"),
        ("uproot-issue64.root", "events/events"),
        ("uproot-HZZ-lz4.root", "events"),
    ],
)
def test_trees_without_streamer_info(mlaas, testdata, here, name, tree):
    data = bytearray(testdata(name).read_bytes())
    assert int.from_bytes(data[4:8], "big") < 1_000_000  # narrow places
    data[37:45] = bytes(8)  # fSeekInfo, fNbytesInfo
    (here / "bare.root").write_bytes(data)
    for folder, path in (("whole", testdata(name)), ("bare", here / "bare.root")):
        mlaas("export", path, "--tree", tree, "--out", here / folder)
    whole = sorted(path.name for path in (here / "whole").glob("*.npy"))
    bare = sorted(path.name for path in (here / "bare").glob("*.npy"))
    assert len(bare) > 0.8 * len(whole)  # without it members of classes are not known
    for file in bare:
        assert (here / "bare" / file).read_bytes() == (here / "whole" / file).read_bytes(), file


# How many values of a branch [dimensions] with a range, and the greatest error that ROOT makes by rounding.
PACKED = [
    ("", "", 2e-7),
    ("", "[0,10,8]", 0.02),
    ("", "[0,10]", 1e-8),
    ("", "[0,0,9]", 2e-3),
    ("[3]", "[0,10,20]", 1e-5),
    ("[2][3]", "[0,0,9]", 2e-3),
    ("[n]", "[0,10,12]", 2e-3),
    ("[n]", "[0,0,10]", 1e-3),
    ("[n]", "", 2e-7),
    ("[n][2]", "[-2,12,16]", 2e-4),
]


@pytest.mark.parametrize(("letter", "kind"), [("d", "d"), ("f", "f")])
def test_packed_numbers_as_root_reads_them(mlaas, here, letter, kind):
    file = ROOT.TFile("packed.root", "RECREATE")
    tree = ROOT.TTree("t", "t")
    count = array("i", [0])
    tree.Branch("n", count, "n/I")
    values = array(kind, [0] * 6)
    for i, (dimensions, packing, _) in enumerate(PACKED):
        tree.Branch(f"x{i}", values, f"x{i}{dimensions}/{letter}{packing}")
    for entry in range(60):
        count[0] = entry % 4
        for i in range(6):
            values[i] = (entry * 37 + i * 13) % 100 / 10
        tree.Fill()
    tree.Write()
    file.Close()
    file = ROOT.TFile("packed.root")
    tree = file.Get("t")
    read = {f"x{i}": [] for i in range(len(PACKED))}
    for entry in range(60):
        tree.GetEntry(entry)
        for name, numbers in read.items():
            leaf = tree.GetLeaf(name)
            numbers += [leaf.GetValue(i) for i in range(leaf.GetLen())]
    columns, _ = export(mlaas, here / "packed.root")
    for i, (dimensions, packing, error) in enumerate(PACKED):
        found = columns[f"x{i}"]
        assert found.dtype == (np.float64 if letter == "d" else np.float32)
        expected = np.array(read[f"x{i}"]).astype(found.dtype)
        # Without dimensions before it a range is computed as uproot does: for 32 bits in 2^32 steps, not 2^32 - 1.
        tolerance = 1e-8 if not dimensions and packing else 0
        np.testing.assert_allclose(
            found.ravel(),
            expected,
            rtol=max(tolerance, 2e-7 if letter == "f" else 0),
            atol=1e-7 if tolerance else 0,
            err_msg=f"{dimensions} {packing}",
        )
        written = np.array([(e * 37 + k * 13) % 100 / 10 for e in range(60) for k in range(size_of(dimensions, e % 4))])
        np.testing.assert_allclose(found.ravel(), written, rtol=max(error, 3e-4 if letter == "f" else 0), atol=error)


def size_of(dimensions, count):
    size = 1
    for part in dimensions.strip("[]").split("]["):
        size *= count if part == "n" else int(part or 1)
    return size
