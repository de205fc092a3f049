"""The SDK pointed at the emulator, and the emulator's admin side."""

import hashlib
import json
import os
import urllib.request

from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

TOKEN = os.environ["GRAPH_TOKEN"]


def connect(token=TOKEN):
    """Makes a client. FacebookAdsApi.init would have it report crashes to Facebook."""
    session = FacebookSession(access_token=token)
    session.GRAPH = os.environ["GRAPH_API"]
    return FacebookAdsApi(session)


API = connect()
FacebookAdsApi.set_default_api(API)


def admin(method, path, body=None):
    request = urllib.request.Request(
        os.environ["GRAPH_ADMIN"] + path, method=method, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def rows(audience):
    return admin("GET", f"/audiences/{audience['id']}/rows")


def inject(kind, audience, **more):
    admin("POST", "/faults", {"kind": kind, "match": {"audience": audience["id"]}, **more})


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def create(**params):
    """Makes an audience and gives an object that knows its id only."""
    made = AdAccount("act_1").create_custom_audience(
        params={
            "name": "by python",
            "subtype": CustomAudience.Subtype.custom,
            "customer_file_source": CustomAudience.CustomerFileSource.user_provided_only,
            **params,
        }
    )
    return CustomAudience(made["id"])


def payload(schema, *data):
    return {"payload": {"schema": schema, "data": list(data)}}
