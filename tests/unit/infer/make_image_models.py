#!/usr/bin/env python3
"""Makes the frozen graph and SavedModel of tests/unit/infer/images, a picture, and what TensorFlow says to it.

Usage: make_image_models.py     with tensorflow-cpu 2.21 installed; not needed to run tests
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = Path(__file__).parent / "images"
SHAPE = (6, 8, 3)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    tf.keras.utils.set_random_seed(2)
    layers = [
        tf.keras.layers.Rescaling(1 / 255),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),
        tf.keras.layers.MaxPooling2D(2),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(7, "softmax"),
    ]
    network = tf.keras.Sequential([tf.keras.Input(SHAPE, name="image"), *layers])
    network.export(FOLDER / "network", verbose=False)
    (FOLDER / "network" / "fingerprint.pb").unlink(missing_ok=True)
    spec = tf.TensorSpec([None, *SHAPE], tf.float32, name="image")
    frozen = convert_variables_to_constants_v2(tf.function(lambda image: network(image)).get_concrete_function(spec))
    (FOLDER / "network.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString(deterministic=True))
    picture = np.random.default_rng(3).integers(0, 256, SHAPE, dtype=np.uint8)
    (FOLDER / "picture.png").write_bytes(tf.io.encode_png(picture).numpy())
    decoded = tf.io.decode_png((FOLDER / "picture.png").read_bytes(), channels=3).numpy()
    scores = network(decoded[None].astype(np.float32)).numpy()[0]
    (FOLDER / "expected.json").write_text(json.dumps({"scores": scores.tolist()}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
