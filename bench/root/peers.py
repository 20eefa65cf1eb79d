"""Compiles the readers and the writer of the benchmark that use ROOT, against the installed package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "peers"
LIBRARIES = [
    "Core",
    "RIO",
    "Tree",
    "TreePlayer",
    "Imt",
    "MathCore",
    "Thread",
    "ROOTVecOps",
    "ROOTNTuple",
    "ROOTDataFrame",
    "Hist",
]


def root_folders() -> tuple[Path, Path] | None:
    """The folders of ROOT's headers and libraries: of the Python package or of `root-config`; None without ROOT."""
    spec = importlib.util.find_spec("ROOT")
    for folder in spec.submodule_search_locations or [] if spec else []:
        if (Path(folder) / "include" / "TFile.h").exists():
            return Path(folder) / "include", Path(folder) / "lib"
    config = shutil.which("root-config")
    if not config:
        return None
    found = [
        subprocess.run([config, option], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        for option in ("--incdir", "--libdir")
    ]
    return Path(found[0]), Path(found[1])


def build(name: str, folder: Path) -> Path | None:
    """Compiles peers/NAME.cpp into `folder` unless it is newer than its source; None where there is no ROOT."""
    folders = root_folders()
    compiler = shutil.which("g++") or shutil.which("c++")
    if folders is None or compiler is None:
        return None
    include, libraries = folders
    source, program = SOURCES / f"{name}.cpp", folder / name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    folder.mkdir(parents=True, exist_ok=True)
    # The package's libraries name others that only its own loader finds.
    command = [compiler, "-std=c++17", "-O2", "-pthread", f"-I{include}", str(source), "-o", str(program)]
    command += [f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-Wl,--unresolved-symbols=ignore-in-shared-libs"]
    subprocess.run([*command, *(f"-l{library}" for library in LIBRARIES)], check=True)
    return program
