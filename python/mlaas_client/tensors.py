"""Tensors of the Open Inference Protocol as numpy arrays, as JSON and in Triton's binary form."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping

import numpy as np

DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}


def datatype_of(array: np.ndarray) -> str:
    """Returns the protocol's name of an array's type."""
    if array.dtype.kind in "OSU":
        return "BYTES"
    for name, dtype in DTYPES.items():
        if dtype == array.dtype.newbyteorder("<"):
            return name
    raise TypeError(f"arrays of {array.dtype} cannot be sent; expected bool, integers, floats or strings")


def _element_bytes(element: object) -> bytes:
    data = element if isinstance(element, bytes) else str(element).encode()
    return struct.pack("<I", len(data)) + data


def to_bytes(array: np.ndarray) -> bytes:
    """Returns an array's elements as the binary form has them."""
    if datatype_of(array) == "BYTES":
        return b"".join(_element_bytes(element) for element in array.reshape(-1))
    return np.ascontiguousarray(array, DTYPES[datatype_of(array)]).tobytes()


def from_bytes(data: memoryview, datatype: str, shape: list[int]) -> np.ndarray:
    """Returns the array of a binary tensor; those of BYTES are arrays of bytes objects."""
    if datatype != "BYTES":
        return np.frombuffer(data, DTYPES[datatype]).reshape(shape)
    elements, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        elements.append(bytes(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return np.array(elements, object).reshape(shape)


def encode_request(
    inputs: Mapping[str, object], outputs: Iterable[str] | None, binary: bool
) -> tuple[bytes, dict[str, str]]:
    """Returns body and headers of a request for inference."""
    tensors, blobs = [], []
    for name, values in inputs.items():
        array = np.asarray(values)
        tensor: dict[str, object] = {"name": name, "shape": list(array.shape), "datatype": datatype_of(array)}
        if binary:
            blobs.append(to_bytes(array))
            tensor["parameters"] = {"binary_data_size": len(blobs[-1])}
        else:
            tensor["data"] = array.reshape(-1).tolist()
        tensors.append(tensor)
    request: dict[str, object] = {"inputs": tensors}
    if outputs is not None:
        request["outputs"] = [{"name": name} for name in outputs]
    if binary:
        request["parameters"] = {"binary_data_output": True}
    head = json.dumps(request).encode()
    if not binary:
        return head, {"Content-Type": "application/json"}
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    return b"".join([head, *blobs]), headers


def decode_answer(data: bytes, header_length: str | None) -> dict[str, np.ndarray]:
    """Returns the outputs of an answer; `header_length` is that of Inference-Header-Content-Length."""
    end = len(data) if header_length is None else int(header_length)
    outputs, at = {}, end
    for tensor in json.loads(data[:end])["outputs"]:
        size = tensor.get("parameters", {}).get("binary_data_size")
        if size is not None:
            outputs[tensor["name"]] = from_bytes(memoryview(data)[at : at + size], tensor["datatype"], tensor["shape"])
            at += size
        else:
            dtype = DTYPES.get(tensor["datatype"], np.dtype(object))
            outputs[tensor["name"]] = np.array(tensor["data"], dtype).reshape(tensor["shape"])
    return outputs
