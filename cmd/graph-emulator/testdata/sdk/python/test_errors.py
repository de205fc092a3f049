import json
import unittest

import requests
from emulator import API, AdAccount, CustomAudience, connect, create, inject, payload, sha256

from facebook_business.exceptions import FacebookRequestError

# kind of fault, HTTP status, code, subcode
ANSWERS = [
    ("token_expired", 400, 190, 463),
    ("bad_data", 400, 100, None),
    ("flagged", 400, 100, 1713230),
    ("gone", 400, 100, 33),
    ("too_many", 400, 105, None),
    ("forbidden", 403, 200, None),
    ("tos", 403, 200, 1870090),
    ("replace_in_progress", 400, 2650, 1870145),
    ("803_after_create", 400, 803, None),
    ("throttle_80003", 400, 80003, 2446079),
    ("throttle_17", 400, 17, 2446079),
    ("throttle_613", 400, 613, 1487742),
    ("abuse_613", 400, 613, None),
    ("code4", 400, 4, None),
    ("code368", 400, 368, None),
    ("code1_99", 500, 1, 99),
    ("code2_transient", 503, 2, None),
    ("http500", 500, 1, None),
]


class Errors(unittest.TestCase):
    def caught(self, status, code, subcode, call, *args, **kwargs):
        """The error of a call that must fail as the Graph API does."""
        with self.assertRaises(FacebookRequestError) as caught:
            call(*args, **kwargs)
        error = caught.exception
        self.assertEqual((error.http_status(), error.api_error_code(), error.api_error_subcode()), (status, code, subcode))
        self.assertIn(error.api_error_type(), ("OAuthException", "GraphMethodException"))
        self.assertTrue(error.api_error_message())
        trace = error.body()["error"]["fbtrace_id"]
        self.assertTrue(trace)
        self.assertEqual(error.http_headers()["x-fb-trace-id"], trace)
        self.assertRegex(error.http_headers()["www-authenticate"], '^OAuth "Facebook Platform" "invalid_request"')
        return error

    def test_answers(self):
        for kind, status, code, subcode in ANSWERS:
            with self.subTest(kind):
                audience = create()
                row = payload(["EMAIL"], [sha256("a")])
                inject(kind, audience)
                error = self.caught(status, code, subcode, audience.create_user, params=row)
                self.assertEqual(error.api_transient_error(), kind == "code2_transient")
                # The fault is over, and nothing was added by it.
                self.assertEqual(audience.create_user(params=row)["num_received"], 1)

    def test_low_size(self):
        audience = create()
        inject("low_size", audience)
        self.caught(400, 200, 1870047, audience.delete_users, params=payload(["EMAIL"], [sha256("a")]))

    def test_throttle_says_how_long_to_wait(self):
        audience = create()
        inject("throttle_80003", audience, delay="7m")
        error = self.caught(400, 80003, 2446079, audience.api_get, fields=["name"])
        usage = json.loads(error.http_headers()["x-business-use-case-usage"])["1"][0]
        self.assertEqual((usage["call_count"], usage["estimated_time_to_regain_access"]), (100, 7))
        inject("throttle_17", audience)
        error = self.caught(400, 17, 2446079, audience.create_user, params=payload(["EMAIL"], [sha256("a")]))
        self.assertEqual(json.loads(error.http_headers()["x-ad-account-usage"])["acc_id_util_pct"], 100)
        self.assertIn("x-app-usage", error.http_headers())

    def test_bad_parameters(self):
        account = AdAccount("act_1")
        self.caught(400, 100, None, account.create_custom_audience, params={"subtype": "CUSTOM"})
        with self.assertWarns(UserWarning):  # the SDK knows the values too
            nobody = {"name": "n", "subtype": "CUSTOM", "customer_file_source": "NOBODY"}
            self.caught(400, 100, None, account.create_custom_audience, params=nobody)
        audience = create()
        for params in ({}, payload(["EMAIL", "FN"], [sha256("a")]), payload(["SHOE_SIZE"], ["44"])):
            self.caught(400, 100, None, audience.create_user, params=params)
        with self.assertWarns(UserWarning):
            self.caught(400, 100, None, audience.api_get, fields=["rainfall"])
        many = payload(["EMAIL"], *([sha256(str(i))] for i in range(10001)))
        self.caught(400, 105, None, audience.create_user, params=many)

    def test_wrong_token(self):
        audience = CustomAudience(create()["id"], api=connect("wrong"))
        self.caught(400, 190, None, audience.api_get, fields=["name"])

    def test_unavailable(self):
        audience = create()
        inject("http503", audience)
        with self.assertRaises(FacebookRequestError) as caught:
            audience.api_get(fields=["name"])
        self.assertEqual(caught.exception.http_status(), 503)
        self.assertIsNone(caught.exception.api_error_code())
        self.assertEqual(caught.exception.body(), "Service Unavailable")

    def test_page(self):
        """The SDK looks for an error in JSON only and takes a page for a success."""
        for kind, status in (("html400", 400), ("html500", 500)):
            with self.subTest(kind):
                audience = create()
                inject(kind, audience)
                answer = API.call("GET", (audience["id"],))
                self.assertEqual(answer.status(), status)
                self.assertTrue(answer.is_success())
                self.assertTrue(answer.body().startswith("<!DOCTYPE html>"))

    def test_cut_connection(self):
        audience = create()
        inject("reset_before", audience)
        with self.assertRaises(requests.exceptions.ConnectionError):
            audience.api_get(fields=["name"])
