"""expected.json of the expression tests is what numpy and awkward give today."""

import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).with_name("expressions")
sys.path.insert(0, str(FOLDER))


def flat_numbers(value):
    if isinstance(value, list):
        return [number for item in value for number in flat_numbers(item)]
    return [float(value)]


def test_expected_values_are_current():
    import make_expected  # beside the modules that it imports

    made = json.loads(make_expected.document())
    kept = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    assert made["columns"] == kept["columns"]
    assert made["expressions"].keys() == kept["expressions"].keys()
    for text, values in made["expressions"].items():
        # Another version of numpy may round an elementary function differently.
        np.testing.assert_allclose(
            flat_numbers(values), flat_numbers(kept["expressions"][text]), rtol=4e-15, atol=0, err_msg=text
        )
