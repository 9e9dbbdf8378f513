package admin_test

import "testing"

// What /flow/:id answers is compared with Node-RED's answers by the scripts in
// testdata/admin; here is what those do not reach.
func TestFlowErrors(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("POST", "/flows", twoNodes), 204, "")
	for _, test := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"POST", "/flow", `[]`, 400, `{"code":"invalid_body",…`},
		{"POST", "/flow", `{"nodes":[7]}`, 400, `{"code":"unexpected_error","message":"a node must be a JSON object"}`},
		{"POST", "/flow", `{"nodes":[{"id":"q","type":"nonesuch"}]}`, 400, `{"code":"invalid_flows",…`},
		{"POST", "/flow", `{"nodes":[{"id":"q","type":"plain","port":"many"}]}`, 400, `{"code":"invalid_flows",…`},
		{"PUT", "/flow/global", `{"configs":[7]}`, 400, `{"code":"invalid_flows",…`},
		{"PUT", "/flow/none", `{"nodes":[]}`, 404, `{"code":"not_found","message":"Error"}`},
		{"GET", "/flow/b1", ``, 404, `{"code":"not_found","message":"Error"}`},
	} {
		expect(t, s.do(test.method, test.path, test.body), test.status, test.answer)
		expect(t, s.do("GET", "/flows", ""), 200, twoNodes) // what ran runs on
	}
}

// What /flow/global gives can be sent back.
func TestFlowGlobal(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("POST", "/flows", twoNodes), 204, "")
	w := s.do("GET", "/flow/global", "")
	expect(t, w, 200, `{"id":"global","configs":[{"id":"b1","type":"button","wires":[],"_users":[]},{"id":"p1","type":"plain","port":"7","_users":[]}]}`)
	expect(t, s.do("PUT", "/flow/global", w.Body.String()), 200, `{"id":"global"}`)
	expect(t, s.do("GET", "/flows", ""), 200, twoNodes)
}

func TestFlowsBeforeTheFirstDeploy(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("GET", "/flow/global", ""), 200, `{"id":"global"}`)
	expect(t, s.do("GET", "/flow/t", ""), 404, `{"code":"not_found","message":"Error"}`)
	expect(t, s.do("GET", "/credentials/tab/t", ""), 200, `{}`)
	expect(t, s.do("DELETE", "/flow/t", ""), 404, `{"code":"not_found","message":"Error"}`)
	expect(t, s.do("POST", "/flow", `{"label":"L","nodes":[{"id":"p1","type":"plain"}]}`), 200, `{"id":"…`)
}
