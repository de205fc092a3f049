import time
import unittest

from emulator import API, AdAccount, CustomAudience, admin, create

from facebook_business.adobjects.user import User
from facebook_business.exceptions import FacebookRequestError

# What Python type the SDK's declared types of fields come as.
DECLARED = {"string": str, "int": int, "unsigned int": int, "bool": bool}


class Audiences(unittest.TestCase):
    def test_create_read_update_delete(self):
        description = "a description; with = & ü"
        audience = create(name="first", description=description, retention_days=30, opt_out_link="https://example.com/out")
        self.assertRegex(audience["id"], r"^\d{17}$")
        read = audience.api_get(
            fields=["name", "description", "account_id", "subtype", "retention_days", "opt_out_link", "operation_status"]
            + ["customer_file_source", "is_value_based", "delivery_status", "time_created", "approximate_count_upper_bound"]
        )
        self.assertEqual(read["name"], "first")
        self.assertEqual(read["description"], description)
        self.assertEqual(read["account_id"], "1")
        self.assertEqual(read["subtype"], "CUSTOM")
        self.assertEqual(read["retention_days"], 30)
        self.assertEqual(read["opt_out_link"], "https://example.com/out")
        self.assertEqual(read["customer_file_source"], "USER_PROVIDED_ONLY")
        self.assertIs(read["is_value_based"], False)
        self.assertEqual(read["operation_status"]["code"], 410)
        self.assertEqual(read["delivery_status"]["code"], 300)
        self.assertEqual(read["approximate_count_upper_bound"], -1)
        self.assertLess(abs(read["time_created"] - time.time()), 3600)

        audience.api_update(params={"name": "second"})
        self.assertEqual(audience.api_get(fields=["name"])["name"], "second")
        audience.api_delete()
        with self.assertRaises(FacebookRequestError) as caught:
            audience.api_get(fields=["name"])
        self.assertEqual((caught.exception.api_error_code(), caught.exception.api_error_subcode()), (100, 33))
        self.assertTrue(caught.exception.api_error_message().startswith("Unsupported get request."))

    def test_fields_have_their_declared_types(self):
        audience = create(retention_days=30, description="d", opt_out_link="https://example.com", audience_labels=[CustomAudience.AudienceLabels.at_risk])
        # The fields that can be read come first, then what only creation takes.
        known = list(CustomAudience._field_types)
        known = known[: known.index("time_updated") + 1]
        read = audience.api_get(fields=known).export_all_data()
        self.assertGreater(len(read), 15)
        for name, value in read.items():
            with self.subTest(name):
                self.assertIn(name, known)
                declared = CustomAudience._field_types[name]
                if declared.startswith("list<"):
                    self.assertIsInstance(value, list)
                else:
                    self.assertIs(type(value), DECLARED.get(declared, dict))

    def test_value_based(self):
        audience = create(is_value_based=True)
        self.assertIs(audience.api_get(fields=["is_value_based"])["is_value_based"], True)

    def test_list_all_pages(self):
        account = AdAccount("act_2")
        self.assertEqual(list(account.get_custom_audiences(fields=["name"])), [])
        made = [
            account.create_custom_audience(params={"name": f"n{i}", "subtype": "CUSTOM"})["id"] for i in range(5)
        ]
        before = API.get_num_requests_attempted()
        listed = list(account.get_custom_audiences(fields=["id", "name"], params={"limit": 2}))
        self.assertEqual([a["id"] for a in listed], made[::-1])
        self.assertEqual([a["name"] for a in listed], ["n4", "n3", "n2", "n1", "n0"])
        self.assertEqual(API.get_num_requests_attempted() - before, 3)
        # A full last page has cursors too, and nothing after it.
        self.assertEqual(len(list(account.get_custom_audiences(params={"limit": 5}))), 5)
        self.assertEqual(API.get_num_requests_attempted() - before, 4)
        found = account.get_custom_audiences(
            fields=["name"], params={"filtering": [{"field": "name", "operator": "EQUAL", "value": "n3"}]}
        )
        self.assertEqual([a["name"] for a in found], ["n3"])

    def test_ad_accounts_of_the_token(self):
        before = API.get_num_requests_attempted()
        fields = ["account_id", "name", "account_status", "user_tasks", "tos_accepted"]
        accounts = list(User("me").get_ad_accounts(fields=fields, params={"limit": 2}))
        self.assertEqual([a["account_id"] for a in accounts], ["1", "2", "3"])
        self.assertEqual(API.get_num_requests_attempted() - before, 2)
        for account in accounts:
            self.assertEqual(account["id"], "act_" + account["account_id"])
            self.assertEqual(account["account_status"], 1)
            self.assertIn("ADVERTISE", account["user_tasks"])
            self.assertEqual(account["tos_accepted"]["custom_audience_tos"], 1)

    def test_usage_headers(self):
        headers = AdAccount("act_1").get_custom_audiences().headers()
        self.assertIn('"type":"custom_audience"', headers["x-business-use-case-usage"])
        self.assertEqual(headers["facebook-api-version"], "v26.0")
        self.assertNotIn("x-ad-api-version-warning", headers)

    def test_terms(self):
        account = AdAccount("act_3")
        self.assertEqual(account.api_get(fields=["tos_accepted"])["tos_accepted"]["custom_audience_tos"], 1)
        admin("POST", "/accounts/act_3/tos", {"accepted": False})
        self.addCleanup(admin, "POST", "/accounts/act_3/tos", {"accepted": True})
        with self.assertRaises(FacebookRequestError) as caught:
            account.create_custom_audience(params={"name": "n", "subtype": "CUSTOM"})
        error = caught.exception
        self.assertEqual((error.http_status(), error.api_error_code(), error.api_error_subcode()), (403, 200, 1870090))
        self.assertEqual(error.body()["error"]["error_user_title"], "Custom Audience Terms Not Accepted")
