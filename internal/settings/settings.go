// Package settings holds what Node-RED keeps in its settings file and nodes
// look at when they are made.
package settings

import (
	"sync/atomic"
	"time"
)

// Settings are the settings, by the names they have in Node-RED.
type Settings struct {
	// NodeMessageBufferMaxLength is how many messages a node may hold that
	// waits for more of them (a sequence, a rate); 0 is no limit.
	NodeMessageBufferMaxLength int
	// HTTPRequestTimeout is how long an http request waits; 0 is 120 s.
	HTTPRequestTimeout time.Duration
	// FileWorkingDirectory is where relative file names begin; empty is the
	// working directory of the process.
	FileWorkingDirectory string
	// FunctionTimeout is the limit of function nodes without one of their own,
	// GlobalFunctionTimeout that of all; 0 is none.
	FunctionTimeout, GlobalFunctionTimeout time.Duration
	// FunctionExternalModules allows function nodes to name modules of their own.
	FunctionExternalModules bool
	// TCPMsgQueueSize is how many messages tcp request keeps until it is
	// connected.
	TCPMsgQueueSize int
	// MQTTReconnectTime is the longest pause between two attempts to connect to
	// an MQTT broker.
	MQTTReconnectTime time.Duration
}

// Default is Node-RED's default.
func Default() Settings {
	return Settings{FunctionExternalModules: true, TCPMsgQueueSize: 1000, MQTTReconnectTime: 5 * time.Second}
}

// Live are settings that may change while flows run; nodes made afterwards see
// the change. A nil Live has the defaults. It is safe for concurrent use.
type Live struct{ current atomic.Pointer[Settings] }

// Get returns the settings as they are now.
func (l *Live) Get() Settings {
	if l != nil {
		if s := l.current.Load(); s != nil {
			return *s
		}
	}
	return Default()
}

// Set replaces the settings.
func (l *Live) Set(s Settings) { l.current.Store(&s) }
