"""Requests of Muster's own client beside those that the SDK makes for the same."""

import json
import os
import pathlib
import unittest

from emulator import API, AdAccount, CustomAudience

from facebook_business.adobjects.user import User
from facebook_business.session import FacebookSession

OURS = json.loads(pathlib.Path(os.environ["MUSTER_REQUESTS"]).read_text(encoding="utf-8"))
REQUESTS = OURS["requests"]

# What the SDK's session puts into every URL. Ours sends the token in a header instead.
SESSION = FacebookSession(app_secret=OURS["secret"], access_token=OURS["token"]).requests.params

# Every edge takes these; the SDK does not declare them.
PAGING = {"limit", "after", "before"}

OPERATIONS = {"accounts", "account", "create", "list", "read", "add", "remove"}


def pending(op, node, params):
    """The request that the SDK would send. It warns, which is an error here, of values that are
    not of the type it knows."""
    account, audience = AdAccount(node), CustomAudience(node)
    call = {
        "accounts": User(node).get_ad_accounts,
        "account": account.api_get,
        "create": account.create_custom_audience,
        "list": account.get_custom_audiences,
        "read": audience.api_get,
        "add": audience.create_user,
        "remove": audience.delete_users,
    }[op]
    fields = params.pop("fields", "")
    return call(fields=fields.split(",") if fields else None, params=params, pending=True)


class Requests(unittest.TestCase):
    def test_every_operation_is_there(self):
        self.assertEqual({r["op"] for r in REQUESTS}, OPERATIONS)

    def test_same_proof_of_the_app_secret(self):
        for ours in REQUESTS:
            self.assertEqual(ours["params"]["appsecret_proof"], SESSION["appsecret_proof"])

    def test_same_requests(self):
        for ours in REQUESTS:
            with self.subTest(ours["op"]):
                version, node, *_ = ours["path"].strip("/").split("/")
                theirs = pending(ours["op"], node, dict(ours["params"]))
                self.assertEqual(version, API.API_VERSION)
                self.assertEqual(ours["method"], theirs._method)
                path = [version, *(part.strip("/") for part in map(str, theirs._path) if part.strip("/"))]
                self.assertEqual(ours["path"].strip("/").split("/"), path)
                for name in ours["params"].keys() - PAGING - SESSION.keys() - {"fields"}:
                    self.assertTrue(theirs._param_checker.is_valid_key(name), f"the SDK knows no parameter {name}")

    def test_same_payload(self):
        for ours in REQUESTS:
            if ours["op"] not in ("add", "remove"):
                continue
            with self.subTest(ours["op"]):
                payload = ours["params"]["payload"]
                theirs = CustomAudience.format_params(payload["schema"], payload["data"], is_raw=True, pre_hashed=True)
                self.assertEqual(ours["params"].keys() - SESSION.keys(), theirs.keys())
                # is_raw says that keys are not combined into one hash. Meta documents it as the
                # default for such a schema, and newer clients leave it out.
                self.assertIs(theirs["payload"].pop("is_raw"), True)
                self.assertEqual(payload, theirs["payload"])
