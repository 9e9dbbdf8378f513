package admin_test

import (
	"testing"
	"time"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/settings"
)

func TestSettingsEndpoint(t *testing.T) {
	live := &settings.Live{}
	l := newLoopback(t, &admin.Conformance{Settings: live})
	l.expect("PUT", "/tap/settings", `{"nodeMessageBufferMaxLength":5,"httpRequestTimeout":1500,"fileWorkingDirectory":"/srv",
		"functionTimeout":2,"globalFunctionTimeout":0.5,"functionExternalModules":false,"tcpMsgQueueSize":7,"mqttReconnectTime":250}`, 204, "")
	want := settings.Settings{
		NodeMessageBufferMaxLength: 5, HTTPRequestTimeout: 1500 * time.Millisecond, FileWorkingDirectory: "/srv",
		FunctionTimeout: 2 * time.Second, GlobalFunctionTimeout: time.Second / 2, TCPMsgQueueSize: 7,
		MQTTReconnectTime: 250 * time.Millisecond,
	}
	if got := live.Get(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	l.expect("PUT", "/tap/settings", `{"nodeMessageBufferMaxLength":null,"httpRequestTimeout":{"__enc__":true,"type":"undefined"},"fileWorkingDirectory":null,
		"functionTimeout":null,"globalFunctionTimeout":null,"functionExternalModules":null,"mqttReconnectTime":null}`, 204, "")
	want = settings.Default()
	want.TCPMsgQueueSize = 7
	if got := live.Get(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	l.expect("DELETE", "/tap/settings", "", 204, "")
	if got := live.Get(); got != settings.Default() {
		t.Errorf("got %+v after DELETE", got)
	}
	l.expect("PUT", "/tap/settings", `{"nonesuch":1}`, 400, `{"code":"invalid_settings","message":"there is no setting \"nonesuch\""}`)
	l.expect("PUT", "/tap/settings", `[]`, 400, `{"code":"invalid_body",…`)
}

func TestEnvEndpoint(t *testing.T) {
	vars := map[string]string{"B": "old"}
	l := newLoopback(t, &admin.Conformance{Settings: &settings.Live{}, Setenv: func(name string, value *string) error {
		delete(vars, name)
		if value != nil {
			vars[name] = *value
		}
		return nil
	}})
	l.expect("PUT", "/tap/env", `{"A":"x","B":null,"C":1}`, 204, "")
	if len(vars) != 2 || vars["A"] != "x" || vars["C"] != "1" {
		t.Errorf("got %v", vars)
	}
}

func TestClearContext(t *testing.T) {
	l := newLoopback(t, &admin.Conformance{Settings: &settings.Live{}})
	l.deploy(speakers)
	for _, path := range []string{"/tap/context/global", "/tap/context/flow/f1", "/tap/context/node/p1"} {
		for _, store := range []string{"memory0", "memory1"} {
			l.expect("PUT", path, `{"key":"a","value":1,"store":"`+store+`"}`, 200, `{}`)
		}
	}
	l.expect("DELETE", "/tap/context", "", 204, "")
	for _, path := range []string{"/tap/context/global", "/tap/context/flow/f1", "/tap/context/node/p1"} {
		for _, store := range []string{"memory0", "memory1"} {
			l.expect("GET", path+"?keys=1&store="+store, "", 200, `{"value":[]}`)
		}
	}
}

// As in Node-RED, a deploy with a type that is missing is taken, and tells of
// it.
func TestMissingTypes(t *testing.T) {
	l := newLoopback(t, &admin.Conformance{Settings: &settings.Live{}})
	s := l.open("/tap/ws")
	s.expect(`{"t":"hello","version":"test"}`)
	l.deploy(`[{"id":"x","type":"nonesuch"},{"id":"p","type":"plain"}]`)
	s.expect(`{"t":"flows","state":"error","error":"missing-types","types":["nonesuch"]}`)
	l.expect("GET", "/tap/nodes", "", 200, `[]`)
	l.deploy(`[{"id":"p","type":"plain","port":"many"}]`)
	s.expect(
		`{"t":"call","id":"p","fn":"error","args":["expected a number, got \"many\""]}`,
		`{"t":"log","log":{"level":20,"id":"p","type":"plain","msg":"expected a number, got \"many\"","path":"global"}}`,
		`{"t":"flows","state":"started"}`,
	)
}
