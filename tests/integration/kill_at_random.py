"""Kills a training at random moments, resumes it each time, and compares its bundle with that of one left alone.

    python tests/integration/kill_at_random.py MLAAS [KILLS] [SEED]

A longer form of test_resume.py, to be run by hand. Ends with 1 where a byte differs.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from test_resume import KINDS, Training


def compare(mlaas: SimpleNamespace, kind: str, kills: int, draw: random.Random, folder: Path) -> bool:
    whole = Training(mlaas, folder / "whole", KINDS[kind])
    start = time.monotonic()
    whole.run().check_returncode()
    seconds = time.monotonic() - start
    killed = Training(mlaas, folder / "killed", KINDS[kind])
    done = 0
    while done < kills:
        process = killed.start("--resume")
        time.sleep(draw.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done += process.returncode == -signal.SIGKILL
        if killed.output.exists():  # it came to its end: once more from the beginning
            if killed.bundle() != whole.bundle():
                return False
            for path in killed.output.iterdir():
                path.unlink()
            killed.output.rmdir()
    killed.run("--resume").check_returncode()
    return killed.bundle() == whole.bundle()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mlaas")
    parser.add_argument("kills", type=int, nargs="?", default=20)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    same = True
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            for name in ("whole", "killed"):
                (Path(folder) / name).mkdir()
            mlaas = SimpleNamespace(binary=arguments.mlaas)
            identical = compare(mlaas, kind, arguments.kills, draw, Path(folder))
            print(f"{kind}: {arguments.kills} kills, {'the same bytes' if identical else 'OTHER BYTES'}", flush=True)
            same &= identical
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
