package graphtest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"muster/uploader/facebook/graphtest"
)

// A request whose answer is lost although it was carried out.
func ExampleServer_Inject() {
	srv := graphtest.New(graphtest.Options{})
	id := srv.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "buyers"})
	srv.Inject(graphtest.Fault{Kind: graphtest.ResetAfter, Match: graphtest.Match{Op: graphtest.OpAdd}})

	client := &http.Client{Transport: srv.RoundTripper()}
	body := `{"payload":{"schema":["MADID"],"data":[["6d92078a-8246-4ba4-ae5b-76104861e7dc"]]}}`
	for range 2 {
		req, err := http.NewRequest(http.MethodPost, "https://graph.facebook.com/v26.0/"+id+"/users", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+graphtest.DefaultToken)
		res, err := client.Do(req)
		fmt.Println("answered:", err == nil, "rows:", srv.Audience(id).Rows())
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}
	// Output:
	// answered: false rows: [MADID=6d92078a-8246-4ba4-ae5b-76104861e7dc]
	// answered: true rows: [MADID=6d92078a-8246-4ba4-ae5b-76104861e7dc]
}
