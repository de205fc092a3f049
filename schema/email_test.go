package schema

import "testing"

func TestNormaliseEmail(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), Email, []normaliseCase{
		{raw: "jane@example.com", want: "jane@example.com"},
		{raw: " \tJane@Example.COM\r\n", want: "jane@example.com"},
		{raw: "J.A.N.E+Shop@gmail.com", want: "j.a.n.e+shop@gmail.com"},
		{raw: "jane@bücher.example", want: "jane@bücher.example"},
		{raw: "JANE@BÜCHER.EXAMPLE", want: "jane@bücher.example"},
		{raw: "jane@xn--bcher-kva.example", want: "jane@xn--bcher-kva.example"},
		{raw: "jane@example.com.", want: "jane@example.com."},
		{raw: "jane", reason: DropInvalid},
		{raw: "@example.com", reason: DropInvalid},
		{raw: "jane@", reason: DropInvalid},
		{raw: "jane@localhost", reason: DropInvalid},
		{raw: "jane@com.", reason: DropInvalid},
		{raw: "jane@.com", reason: DropInvalid},
		{raw: "jane@example@example.com", reason: DropInvalid},
		{raw: "jane doe@example.com", reason: DropInvalid},
		{raw: "jane\u00a0doe@example.com", reason: DropInvalid},
		{raw: "jane@example.com john@example.com", reason: DropInvalid},
	})
}
