"""What a Python engineer writes for the one lookup that `lookups.py` measures: FastAPI, asyncpg, a pool, and the JSON
that Aqueduct gives for it, behind an API key. Run by uvicorn; DATABASE_URL, KEY_SHA256 and CONNECTIONS say the rest."""

import contextlib
import datetime
import hashlib
import hmac
import os
import uuid

import asyncpg
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response

KEY = bytes.fromhex(os.environ["KEY_SHA256"])
# The decimal leaves as text, so it is read as text.
SQL = """
    SELECT c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal::text, c_mktsegment, c_comment
    FROM customer WHERE c_custkey = $1
"""


async def keep(connection):
    """Nothing here changes a session, so nothing is to be undone when it goes back to the pool: one round trip less."""


@contextlib.asynccontextmanager
async def lifespan(app):
    connections = int(os.environ["CONNECTIONS"])
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=connections, max_size=connections, reset=keep) as pool:
        app.state.pool = pool
        yield


async def authenticated(x_api_key: str = Header()):
    if not hmac.compare_digest(hashlib.sha256(x_api_key.encode()).digest(), KEY):
        raise HTTPException(401)


app = FastAPI(lifespan=lifespan)


@app.get("/v1/shop/customer", dependencies=[Depends(authenticated)])
async def customer(request: Request, id: int):
    row = await request.app.state.pool.fetchrow(SQL, id)
    request_id = str(uuid.uuid4())
    now = datetime.datetime.now(datetime.UTC)
    answer = {
        "data": [dict(row)] if row else [],
        "pagination": {"cursor": None, "has_more": False, "limit": 100},
        "meta": {
            "query": "shop.customer",
            "version": 1,
            "generated_at": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "consistency": "complete",
            "request_id": request_id,
        },
    }
    # Serialized here: a plain dictionary would first walk through FastAPI's own encoder.
    return Response(orjson.dumps(answer), media_type="application/json", headers={"x-request-id": request_id})
