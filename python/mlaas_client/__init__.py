"""Client of `mlaas serve`: named tensors, events and whole files.

    from mlaas_client import Client

    with Client("http://127.0.0.1:8083") as client:
        scores = client.infer("tth", {"scalars": scalars, "jets": jets, "jets_count": counts})["scores"]
        columns = client.events("tth", {"ht": [512.3], "Jet_pt": [[181.2, 60.5]]})

A Client keeps one connection and is used by one thread at a time. What the server refuses raises ServerError; what the
network does raises OSError or http.client.HTTPException.
"""

from mlaas_client.client import Client, ServerError

__all__ = ["Client", "ServerError"]
