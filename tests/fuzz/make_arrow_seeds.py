"""Writes the seeds of fuzz_arrow_file: small files of each format, behind the byte that names it."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

FOLDER = Path(__file__).parent / "corpus" / "fuzz_arrow_file"
CSV, TSV, NDJSON, PARQUET = range(4)


def parquet(codec: str, **columns: object) -> bytes:
    out = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), out, compression=codec, row_group_size=2, store_schema=False)
    return out.getvalue()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    seeds = {
        "plain.csv": (CSV, b'a,b,c\n1,2.5,"x, y"\n-3,,z\n'),
        "large.csv": (CSV, b"a,b\n18446744073709551615,true\n7,false\n"),
        "lines.csv": (CSV, b'a\r\n"x\ny"\r\n""\r\n'),
        "plain.tsv": (TSV, b"a\tb\n2020-01-01\t1e3\n"),
        "lists.ndjson": (NDJSON, b'{"a":[1,2],"s":{"x":1,"y":[[0.5]]}}\n{"a":[],"b":"t"}\n'),
        "flat.parquet": (PARQUET, parquet("none", a=[1, None, 3], b=[1.5, 2.5, None], c=["x", "", None])),
        "lists.parquet": (PARQUET, parquet("snappy", a=[[1], [], None], s=[{"x": True, "y": [[2.0]]}] * 3)),
        "zstd.parquet": (PARQUET, parquet("zstd", a=list(range(9)), m=[b"x"] * 9)),
    }
    for name, (form, content) in seeds.items():
        (FOLDER / name).write_bytes(bytes([form]) + content)


if __name__ == "__main__":
    main()
