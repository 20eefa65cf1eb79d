"""mlaas export --format root: skims of real files as TTree and RNTuple, and what it says of bad input."""

from __future__ import annotations

import resource
import signal
import stat
import subprocess
import time
from pathlib import Path

import awkward as ak
import pytest
import uproot
from conformance.written_table import assert_same
from conftest import sample_files

KINDS = ["ttree", "rntuple"]


def assert_one_error(result, code, *parts):
    assert result.returncode == code, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0], lines[0]


def assert_copied(source, written, rows=None, names=None):
    """Every column of the written tree is the source's; rows: an awkward index of those kept."""
    names = names or written.keys()
    for name in names:
        wanted = source[name].array()
        assert_same(name, written[name].array(), wanted if rows is None else wanted[rows])
    return len(names)


@pytest.fixture(scope="module")
def hzz(testdata):
    return testdata("uproot-HZZ.root")


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_a_tree(mlaas, hzz, kind, tmp_path):
    out = tmp_path / "copy.root"
    result = mlaas("export", hzz, "--tree", "events", "--as", kind, "--out", out)
    assert result.returncode == 0, result.stderr
    with uproot.open(hzz) as source, uproot.open(out) as written:
        tree = written["events"]
        assert tree.num_entries == source["events"].num_entries
        assert set(tree.keys()) == set(source["events"].keys())
        assert_copied(source["events"], tree)
        if kind == "ttree":
            assert tree.typenames() == source["events"].typenames()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", sample_files()[:2], ids=lambda file: file.stem)
def test_selection_keeps_the_rows_that_pass(mlaas, file, kind, tmp_path):
    out = tmp_path / "skim.root"
    select = "nJet >= 6 && sum(Jet_pt > 40) >= 5"
    result = mlaas("export", file, "--tree", "Events", "--as", kind, "--select", select, "--out", out)
    assert result.returncode == 0, result.stderr
    with uproot.open(file) as source, uproot.open(out) as written:
        events = source["Events"]
        pt = events["Jet_pt"].array()
        rows = (ak.num(pt) >= 6) & (ak.sum(pt > 40, axis=1) >= 5)
        assert 0 < ak.sum(rows) < len(rows)
        assert written["Events"].num_entries == ak.sum(rows)
        assert assert_copied(events, written["Events"], rows) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_skim_of_a_nanoaod_file(mlaas, testdata, kind, tmp_path):
    file, out = testdata("nanoAOD_2015_CMS_Open_Data_ttbar.root"), tmp_path / "skim.root"
    columns = "run,event,nJet,Jet_*,nMuon,Muon_pt,Muon_charge,HLT_Iso*"
    result = mlaas("export", file, "--tree", "Events", "--as", kind, "--select", "any(Muon_pt > 25)", "--columns",
                   columns, "--compression", "zstd:3", "--out", out)  # fmt: skip
    assert result.returncode == 0, result.stderr
    with uproot.open(file) as source, uproot.open(out) as written:
        events, tree = source["Events"], written["Events"]
        rows = ak.any(events["Muon_pt"].array() > 25, axis=1)
        assert tree.num_entries == ak.sum(rows) > 0
        assert {"nJet", "nMuon", "Jet_pt", "event"} <= set(tree.keys())
        assert assert_copied(events, tree, rows) > 20


def test_root_attaches_a_skim_of_columns_as_friend(mlaas, tmp_path):
    root = pytest.importorskip("ROOT")
    file, out = sample_files()[0], tmp_path / "jets.root"
    arguments = ["--columns", "nJet,Jet_pt", "--tree-name", "Jets", "--out", out]
    assert mlaas("export", file, "--tree", "Events", *arguments).returncode == 0
    opened = root.TFile.Open(str(file))
    events = opened.Get("Events")
    events.AddFriend("Jets", str(out))
    frame = root.RDataFrame(events)
    same = "nJet == Jets.nJet && ROOT::VecOps::All(Jet_pt == Jets.Jet_pt)"
    assert frame.Filter(same).Count().GetValue() == events.GetEntries() > 0
    opened.Close()


def test_counter_of_an_unselected_name_is_kept(mlaas, hzz, tmp_path):
    out = tmp_path / "jets.root"
    assert mlaas("export", hzz, "--tree", "events", "-c", "Jet_Px,Jet_Py", "--out", out).returncode == 0
    with uproot.open(out) as written, uproot.open(hzz) as source:
        assert written["events"].keys() == ["NJet", "Jet_Px", "Jet_Py"]
        assert_copied(source["events"], written["events"])


def test_entries_and_table_name(mlaas, hzz, tmp_path):
    out = tmp_path / "part.root"
    result = mlaas("export", hzz, "-t", "events", "--entries", "100:250", "--tree-name", "some", "--out", out)
    assert result.returncode == 0, result.stderr
    with uproot.open(out) as written, uproot.open(hzz) as source:
        assert written.keys() == ["some;1"]
        assert_copied(source["events"], written["some"], slice(100, 250))


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_passes(mlaas, hzz, kind, tmp_path):
    out = tmp_path / "none.root"
    result = mlaas("export", hzz, "-t", "events", "--select", "NJet > 1000", "--as", kind, "--out", out)
    assert result.returncode == 0, result.stderr
    with uproot.open(out) as written:
        assert written["events"].num_entries == 0
        assert "Jet_Px" in written["events"]


def test_selection_applies_to_numpy_files(mlaas, hzz, tmp_path):
    np = pytest.importorskip("numpy")
    result = mlaas("export", hzz, "-t", "events", "-c", "NJet,Jet_Px", "--select", "NJet > 1", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    with uproot.open(hzz) as source:
        counts = source["events/NJet"].array(library="np")
        np.testing.assert_array_equal(np.load(tmp_path / "NJet.npy"), counts[counts > 1])
        offsets = np.load(tmp_path / "Jet_Px.offsets.npy")
        np.testing.assert_array_equal(np.diff(offsets), counts[counts > 1])


def test_same_input_gives_the_same_bytes(mlaas, hzz, tmp_path):
    for kind in KINDS:
        contents = []
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir(exist_ok=True)
            out = tmp_path / folder / f"{kind}.root"
            assert mlaas("export", hzz, "-t", "events", "--as", kind, "--out", out).returncode == 0
            contents.append(out.read_bytes())
        assert contents[0] == contents[1]


class TestRefusals:
    """Bad input: one line that says what is wrong, and no file."""

    @pytest.fixture
    def export(self, mlaas, hzz, tmp_path):
        def run(*arguments, out=tmp_path / "out.root", **options):
            return mlaas("export", hzz, "--tree", "events", *arguments, "--out", out, **options)

        yield run
        assert not list(tmp_path.glob("*.part-*"))
        assert not (tmp_path / "out.root").exists()

    @pytest.mark.parametrize(
        ("select", "parts"),
        [
            ("NJet", ["--select", "int32", "!= 0"]),
            ("Jet_Px > 3", ["--select", "any() or all()"]),
            ("NJet >", ["--select", "position"]),
            ("NJets > 1", ["'NJets'", "'NJet'"]),
        ],
    )
    def test_wrong_selection(self, export, select, parts):
        assert_one_error(export("--select", select), 2, *parts)

    @pytest.mark.parametrize("value", ["lzma", "zstd:0", "zstd:20", "zstd:", "none:1", "zlib:x"])
    def test_wrong_compression(self, export, value):
        result = export(f"--compression={value}")
        assert_one_error(result, 2, "--compression")

    @pytest.mark.parametrize("name", ["a/b", "a;1"])
    def test_wrong_tree_name(self, export, name):
        assert_one_error(export("--tree-name", name), 2, f"'{name}'")
        assert_one_error(export("--tree-name", "a.b", "--as", "rntuple"), 2, "'a.b'")

    def test_options_of_the_other_format(self, export, tmp_path):
        assert_one_error(export("--as", "rntuple", out=tmp_path / "folder"), 2, "--as", "--format root")
        assert not (tmp_path / "folder").exists()

    def test_missing_folder(self, export, tmp_path):
        assert_one_error(export(out=tmp_path / "no" / "such" / "out.root"), 4, "no/such/out.root")

    def test_out_is_a_folder(self, export, tmp_path):
        assert_one_error(export("--format", "root", "--force", out=tmp_path), 2, "folder")

    def test_out_is_a_device(self, export):
        assert_one_error(export("--format", "root", "--force", out="/dev/full"), 2, "/dev/full")
        assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)

    @pytest.mark.parametrize("kind", KINDS)
    def test_disk_is_full(self, export, kind):
        """A limit on the size of files stands for the full disk: the same call fails."""

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

        assert_one_error(export("--as", kind, preexec_fn=limit), 4, "out.root", "cannot be written")


def test_existing_file_is_kept_without_force(mlaas, hzz, tmp_path):
    out = tmp_path / "out.root"
    out.write_text("precious")
    assert_one_error(mlaas("export", hzz, "-t", "events", "--out", out), 2, "exists already", "--force")
    assert out.read_text() == "precious"
    assert mlaas("export", hzz, "-t", "events", "--out", out, "--force").returncode == 0
    with uproot.open(out) as written:
        assert written["events"].num_entries == 2421


def test_interrupt_leaves_nothing(mlaas, hzz, tmp_path):
    """Stopped while the temporary file is there, or done before that."""
    out = tmp_path / "out.root"
    command = [mlaas.binary, "export", hzz, "-t", "events", "--out", out, "--compression", "zstd:19"]
    with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while process.poll() is None and not list(tmp_path.glob("*.part-*")) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert not list(tmp_path.glob("*.part-*"))
    assert process.returncode in (130, 0)
    assert out.exists() == (process.returncode == 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("select", ["", "any(Jet_Px > 0)", "Muon_Px[0] > 0"])
def test_damaged_columns_are_named_and_the_others_written(mlaas, hzz, kind, select, tmp_path):
    """Zeros in the middle of one column's basket; nothing is written where the selection needs that column."""
    damaged, out = tmp_path / "damaged.root", tmp_path / "out.root"
    with uproot.open(hzz) as file:
        branch = file["events/Muon_Px"]
        seek = int(branch.member("fBasketSeek")[0])
    content = bytearray(hzz.read_bytes())
    content[seek + 120 : seek + 400] = bytes(280)
    damaged.write_bytes(content)
    chosen = ["--select", select] if select else []
    result = mlaas("export", damaged, "-t", "events", "--as", kind, *chosen, "--out", out)
    assert result.returncode == 4, result.stderr
    assert "Muon_Px" in result.stderr
    if select.startswith("Muon_Px"):
        assert not out.exists()
        return
    assert "some columns are damaged" in result.stderr.splitlines()[-1]
    with uproot.open(hzz) as source, uproot.open(out) as written:
        events, tree = source["events"], written["events"]
        assert set(tree.keys()) == set(events.keys()) - {"Muon_Px"}
        rows = ak.any(events["Jet_Px"].array() > 0, axis=1) if select else slice(None)
        assert_copied(events, tree, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_names_become_legal_and_unsupported_columns_are_named(mlaas, testdata, kind, tmp_path):
    out = tmp_path / "objects.root"
    file = testdata("uproot-HZZ-objects.root")
    result = mlaas("export", file, "--tree", "events", "--as", kind, "--out", out)
    assert result.returncode in (0, 3)
    assert all("is not exported: " in line for line in result.stderr.splitlines())
    with uproot.open(out) as written:
        for name in written["events"].keys(recursive=False):
            assert not set(name) & set("./\\ []:;,*?<>()")
