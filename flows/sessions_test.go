package flows_test

import (
	"strconv"
	"strings"
	"testing"
)

func TestRooms(t *testing.T) {
	d := deploy(t, "rooms.yaml")
	ann, bob, eve := d.dial("7801"), d.dial("7801"), d.dial("7801")
	ann.say("kitchen\nis anybody here?\n") // herself only
	ann.expect("is anybody here?\n")
	bob.say("kitchen\nI am\n")
	ann.expect("I am\n")
	bob.expect("I am\n")
	eve.say("garden\nnice roses\n")
	eve.expect("nice roses\n")
	ann.say("tea?\n")
	bob.expect("tea?\n")
}

// The device counts its answers, whoever asks.
func TestPoller(t *testing.T) {
	d := deploy(t, "poller.yaml")
	client := d.dial("7802")
	for last := 0; last < 23; {
		client.say("value?\n")
		line, err := client.buf.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil || n <= last {
			t.Fatalf("the device says %q after %d", line, last)
		}
		last = n
	}
}

func TestNodeREDTCP(t *testing.T) {
	d := deploy(t, "node-red-tcp.yaml")
	ann, bob := d.dial("7803"), d.dial("7803")
	ann.say("one\n")
	ann.expect("1 one\n")
	bob.say("two\nall ears\n")
	bob.expect("2 two\nears\n")
	ann.expect("ears\n")
}
