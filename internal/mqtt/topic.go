package mqtt

import "strings"

// ValidFilter tells whether a topic can be subscribed to, as in Node-RED: each
// level is "+" or has no wildcard in it, the last may be "#".
func ValidFilter(filter string) bool {
	if filter == "" || strings.ContainsRune(filter, 0) {
		return false
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "+", level == "#" && i == len(levels)-1:
		case strings.ContainsAny(level, "+#"):
			return false
		}
	}
	return true
}

// ValidTopic tells whether a message can be published on a topic, as in
// Node-RED: it is not empty and has neither wildcards nor control characters of
// JavaScript's escapes.
func ValidTopic(topic string) bool {
	return topic != "" && !strings.ContainsAny(topic, "+#\b\f\n\r\t\v\x00")
}

// matches tells whether a subscription gets the messages of a topic (section 4.7
// of the standard). Topics that begin with "$" are for filters that do too.
func matches(filter, topic string) bool {
	if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
		_, filter, _ = strings.Cut(rest, "/")
	}
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		return false
	}
	for {
		if filter == "#" {
			return true
		}
		level, filterRest, more := strings.Cut(filter, "/")
		name, topicRest, deeper := strings.Cut(topic, "/")
		if level != "+" && level != name {
			return false
		}
		if !deeper {
			return !more || filterRest == "#"
		}
		if !more {
			return false
		}
		filter, topic = filterRest, topicRest
	}
}
