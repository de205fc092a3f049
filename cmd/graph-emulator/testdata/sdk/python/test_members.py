import json
import pathlib
import unittest

from emulator import AdAccount, CustomAudience, create, payload, rows, sha256

from facebook_business.adobjects.customaudiencesession import CustomAudienceSession
from facebook_business.adobjects.serverside.normalize import Normalize
from facebook_business.exceptions import FacebookRequestError

VECTORS = json.loads((pathlib.Path(__file__).parent.parent / "vectors.json").read_text(encoding="utf-8"))
Schema = CustomAudience.Schema
Key = CustomAudience.Schema.MultiKeySchema


class Members(unittest.TestCase):
    def assert_refused(self, code, subcode, call, *args, **kwargs):
        with self.assertRaises(FacebookRequestError) as caught:
            call(*args, **kwargs)
        self.assertEqual((caught.exception.api_error_code(), caught.exception.api_error_subcode()), (code, subcode))

    def test_vectors(self):
        """The newer hashing helper agrees with what Meta prints, and the emulator takes it."""
        audience = create()
        for vector in VECTORS:
            got = Normalize.normalize_field(vector["field"], vector["value"])
            self.assertEqual(got, vector["hash"], vector)
            # A name or a country alone reaches nobody, so an e-mail stands beside it.
            row = {Key.email: sha256(vector["value"]), vector["key"]: got}
            answer = audience.add_users(list(row), [list(row.values())], is_raw=True, pre_hashed=True).json()
            self.assertEqual(answer["num_invalid_entries"], 0)
            self.assertIn(vector["hash"], [r.get(vector["key"]) for r in rows(audience)])

    def test_add_and_remove_by_the_hashing_helper(self):
        """The older helper normalises and hashes what add_users and remove_users send."""
        audience = create()
        people = [[" Mary@Example.com ", "15559876543", "Mary", "US", "U-1"], ["john_smith@gmail.com", "1 650 555 1212", "x", "us", "u-2"]]
        schema = [Key.email, Key.phone, Key.fn, Key.country, Key.extern_id]
        answer = audience.add_users(schema, people, is_raw=True).json()
        self.assertEqual((answer["num_received"], answer["num_invalid_entries"]), (2, 0))
        hashes = {(v["key"], v["value"]): v["hash"] for v in VECTORS}
        held = {r["EXTERN_ID"]: r for r in rows(audience)}
        self.assertEqual(
            held["u-1"],
            {
                "EMAIL": hashes["EMAIL", "mary@example.com"],
                "PHONE": hashes["PHONE", "15559876543"],
                "FN": hashes["FN", "Mary"],
                "COUNTRY": hashes["COUNTRY", "US"],
                "EXTERN_ID": "u-1",
            },
        )
        self.assertEqual(held["u-2"]["EMAIL"], hashes["EMAIL", "John_Smith@gmail.com"])
        self.assertEqual(held["u-2"]["PHONE"], hashes["PHONE", "+1 (650)555-1212"])

        answer = audience.remove_users([Key.email], [["mary@example.com"]], is_raw=True).json()
        self.assertEqual(answer["num_received"], 1)
        self.assertEqual([r["EXTERN_ID"] for r in rows(audience)], ["u-2"])

    def test_schema_of_one_text_key(self):
        """A list of single values, as the SDK's examples have it, and the lock that follows."""
        audience = create()
        answer = audience.add_users(Schema.email_hash, ["..Test@example.com.", "b@example.com"]).json()
        self.assertEqual((answer["num_received"], answer["num_invalid_entries"]), (2, 0))
        self.assertIn({"EMAIL": sha256("test@example.com")}, rows(audience))
        self.assert_refused(2650, None, audience.add_users, [Key.email], [["c@example.com"]], is_raw=True)
        audience.remove_users(Schema.email_hash, ["test@example.com"])
        self.assertEqual(rows(audience), [{"EMAIL": sha256("b@example.com")}])

    def test_mobile_and_app_ids(self):
        madid = "38400000-8cf0-11bd-b23e-10b96e40000d"
        audience = create()
        audience.add_users(Schema.mobile_advertiser_id, [madid])
        self.assertEqual(rows(audience), [{"MADID": madid}])
        audience = create()
        audience.add_users(Schema.uid, ["123456"], app_ids=["42"])
        self.assertEqual(rows(audience), [{"UID": "123456"}])

    def test_generated_calls(self):
        """create_user and delete_users, the newer way beside add_users and remove_users."""
        audience = create()
        schema = ["EMAIL", "EXTERN_ID"]
        answer = audience.create_user(params=payload(schema, [sha256("a"), "u1"], [sha256("b"), ""]))
        self.assertEqual(answer["audience_id"], audience["id"])
        self.assertEqual((answer["num_received"], answer["num_invalid_entries"]), (2, 1))
        sample = json.dumps([sha256("b"), ""], separators=(",", ":"))
        self.assertEqual(answer["invalid_entry_samples"], {sample: "empty external ID"})
        answer = audience.delete_users(params=payload(["EXTERN_ID"], ["u1"]))
        self.assertEqual(answer["num_received"], 1)
        self.assertEqual(rows(audience), [])

    def test_values(self):
        audience = create(is_value_based=True)
        schema = ["EMAIL", "LOOKALIKE_VALUE"]
        audience.create_user(params=payload(schema, [sha256("a"), 44.5], [sha256("b"), 0]))
        self.assertEqual(sorted(r["LOOKALIKE_VALUE"] for r in rows(audience)), ["0", "44.5"])
        for call in (audience.create_user, audience.delete_users):
            self.assert_refused(100, None, call, params=payload(["EMAIL"], [sha256("a")]))
        audience.delete_users(params=payload(schema, [sha256("a"), 44.5]))
        self.assertEqual(len(rows(audience)), 1)

    def test_session(self):
        audience = create()

        def batch(seq, last, email):
            session = {"session_id": 101, "batch_seq": seq, "last_batch_flag": last, "estimated_num_total": 2}
            return audience.add_users([Key.email], [[email]], is_raw=True, session=session).json()

        self.assertEqual(batch(1, False, "a")["session_id"], "101")
        shown = audience.get_sessions(fields=["session_id", "stage", "num_received"])
        self.assertEqual(
            [s.export_all_data() for s in shown], [{"session_id": "101", "stage": "uploading", "num_received": "1"}]
        )
        self.assertEqual(batch(2, True, "b")["num_received"], 2)
        fields = list(CustomAudienceSession._field_types)
        (done,) = audience.get_sessions(fields=fields, params={"session_id": 101})
        self.assertEqual((done["num_received"], done["stage"]), ("2", "completed"))
        for name, value in done.export_all_data().items():
            self.assertIsInstance(value, str, name)
        self.assertEqual(list(audience.get_sessions(params={"session_id": 999})), [])
        self.assert_refused(2650, 1870159, batch, 3, True, "c")

    def test_replace(self):
        audience = create()
        audience.add_users([Key.email], [["old"]], is_raw=True)

        def batch(session, seq, last, email):
            return audience.create_users_replace(
                params={
                    "session": {"session_id": session, "batch_seq": seq, "last_batch_flag": last},
                    **payload(["EMAIL"], [sha256(email)]),
                }
            )

        def code():
            return audience.api_get(fields=["operation_status"])["operation_status"]["code"]

        self.assert_refused(2650, 1870147, batch, 201, 2, False, "a")
        self.assertEqual(batch(201, 1, False, "a")["session_id"], "201")
        self.assertEqual(code(), 414)
        self.assert_refused(2650, 1870145, audience.add_users, [Key.email], [["x"]], is_raw=True)
        self.assert_refused(2650, 1870145, batch, 202, 1, True, "x")
        self.assertEqual(batch(201, 2, True, "b")["num_received"], 2)
        self.assertEqual(code(), 200)
        self.assertEqual({r["EMAIL"] for r in rows(audience)}, {sha256("a"), sha256("b")})

    def test_users_of_any_audience(self):
        audiences = [create(), create()]
        for audience in audiences:
            audience.create_user(params=payload(["EMAIL"], [sha256("gone")], [sha256("stays")]))
        AdAccount("act_1").delete_users_of_any_audience(params=payload(["EMAIL"], [sha256("gone")]))
        for audience in audiences:
            self.assertEqual(rows(audience), [{"EMAIL": sha256("stays")}])
