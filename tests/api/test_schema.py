"""The description of the API is valid, and says what the API does."""

import json

from openapi_spec_validator import validate


def test_the_description_is_valid(client, db):
    validate(json.loads(client.get("/api/v1/openapi.json").content))
