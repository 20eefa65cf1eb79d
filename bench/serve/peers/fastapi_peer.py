"""FastAPI and ONNX Runtime behind the Open Inference Protocol's JSON. Usage: fastapi_peer.py MODEL.onnx PORT WORKERS"""

from __future__ import annotations

import os
import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import ORJSONResponse

app = FastAPI()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["PEER_MODEL"], options) if "PEER_MODEL" in os.environ else None


@app.get("/v2/models/network/ready")
async def ready() -> dict:
    return {"ready": True}


@app.post("/v2/models/network/infer")
async def infer(request: Request) -> ORJSONResponse:
    document = await request.json()
    inputs = {one["name"]: np.array(one["data"], np.float32).reshape(one["shape"]) for one in document["inputs"]}
    scores = session.run(["scores"], inputs)[0]
    output = {"name": "scores", "datatype": "FP32", "shape": list(scores.shape), "data": scores.reshape(-1).tolist()}
    return ORJSONResponse({"model_name": "network", "outputs": [output]})


if __name__ == "__main__":
    os.environ["PEER_MODEL"] = sys.argv[1]
    workers = int(sys.argv[3])
    uvicorn.run("fastapi_peer:app", host="127.0.0.1", port=int(sys.argv[2]), workers=workers, log_level="error")
