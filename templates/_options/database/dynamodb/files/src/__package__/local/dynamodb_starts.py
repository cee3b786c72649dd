"""`make cold-starts` on DynamoDB (`cold_starts.py`): beside FastAPI with one client of
boto3. A server of the same process stands in for the tables.
"""

from __future__ import annotations

from .cold_starts import Bare, measure

BARE = """
import boto3
from fastapi import FastAPI
from mangum import Mangum

client = boto3.client("dynamodb")
app = FastAPI()


@app.get("/health/ready")
def ready() -> dict[str, bool]:
    found = client.get_item(TableName="bare", Key={"pk": {"S": "ping"}})
    return {"found": "Item" in found}


handler = Mangum(app, lifespan="off")
"""
MESSAGE = {"dynamodb": {"NewImage": {"handler": {"S": "no.one"}, "body": {"S": "{}"}}}}

if __name__ == "__main__":
    measure(Bare(BARE, ("fastapi", "mangum"), {}, MESSAGE))
