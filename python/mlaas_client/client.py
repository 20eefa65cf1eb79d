"""The connection to a server, and what it can be asked."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlsplit

import numpy as np

from mlaas_client.tensors import decode_answer, encode_request


class ServerError(Exception):
    """The server refused a request: `status` is HTTP's, `message` the server's own."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Client:
    """One connection to a server, kept open between requests and opened again where the server has closed it."""

    def __init__(
        self, url: str, *, token: str | None = None, timeout: float = 60, context: ssl.SSLContext | None = None
    ):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{url}' is no address of a server; expected one like http://127.0.0.1:8083")
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self._binary: bool | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        self._connection.close()

    def server(self) -> dict:
        """Returns name, version and extensions of the server."""
        return self._ask_json("GET", "/v2")

    def metadata(self, model: str, version: str | None = None) -> dict:
        """Returns the model's platform, versions, inputs and outputs."""
        return self._ask_json("GET", self._model_path(model, version))

    def ready(self, model: str, version: str | None = None) -> bool:
        """Returns whether the model answers."""
        try:
            self._ask("GET", self._model_path(model, version) + "/ready")
        except ServerError:
            return False
        return True

    def infer(
        self,
        model: str,
        inputs: Mapping[str, object],
        *,
        outputs: Iterable[str] | None = None,
        version: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Returns a model's outputs for tensors by name; binary where the server takes it."""
        if self._binary is None:
            self._binary = "binary_tensor_data" in self.server().get("extensions", [])
        body, headers = encode_request(inputs, outputs, self._binary)
        response, data = self._ask("POST", self._model_path(model, version) + "/infer", body, headers)
        return decode_answer(data, response.getheader("Inference-Header-Content-Length"))

    def events(
        self, model: str, events: Sequence[Mapping] | Mapping[str, Sequence], *, version: str | None = None
    ) -> list[dict] | dict[str, list]:
        """Returns identity, outputs and `selected` of events: a list for a list of events, columns for columns.

        numpy values and arrays are taken for JSON's; NaN is a missing value.
        """
        form = "columns" if isinstance(events, Mapping) else "events"
        path = self._model_path(model, version) + "/events"
        return self._ask_json("POST", path, {form: _plain(events)})[form]

    def files(
        self, model: str, files: Sequence[str], *, tree: str | None = None, version: str | None = None
    ) -> Iterator[dict]:
        """Yields the rows of files that the server may read, while they are scored."""
        request: dict[str, object] = {"files": list(files)} | ({"tree": tree} if tree else {})
        path = self._model_path(model, version) + "/files"
        response = self._begin("POST", path, json.dumps(request).encode(), {"Content-Type": "application/json"})
        try:
            for line in response:
                yield json.loads(line)
        finally:
            if not response.isclosed():
                self.close()

    @staticmethod
    def _model_path(model: str, version: str | None) -> str:
        path = "/v2/models/" + quote(model, safe="")
        return path if version is None else f"{path}/versions/{quote(version, safe='')}"

    def _ask_json(self, method: str, path: str, request: object = None) -> dict:
        body = None if request is None else json.dumps(request, allow_nan=False).encode()
        return json.loads(self._ask(method, path, body, {"Content-Type": "application/json"})[1])

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        response = self._begin(method, path, body, headers or {})
        return response, response.read()

    def _begin(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """Returns an answer whose body is still to be read."""
        kept = self._connection.sock is not None
        try:
            response = self._send(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not kept:
                raise
            # The server had closed the connection that was kept: the request did not reach it.
            response = self._send(method, path, body, headers)
        if response.status >= 400:
            text = response.read().decode(errors="replace")
            try:
                text = json.loads(text)["error"]
            except (ValueError, KeyError, TypeError):
                text = text.strip() or response.reason
            raise ServerError(response.status, text)
        return response

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, self._base + path, body, {**self._headers, **headers})
        return self._connection.getresponse()


def _plain(value: object) -> object:
    """Returns `value` as json takes it: lists for arrays, None for NaN."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value != value:
        return None
    return value
