package flows_test

import "testing"

func TestModbus(t *testing.T) {
	d := deploy(t, "modbus.yaml")
	master := d.dial("7810")
	master.say("\x00\x01\x00\x00\x00")
	master.say("\x06\x11\x03\x00\x02\x00\x03")
	master.expect("\x00\x01\x00\x00\x00\x09\x11\x03\x06\x00\x04\x00\x09\x00\x10")
	master.say("\x00\x02\x00\x00\x00\x06\x11\x03\x00\x09\x00\x02" + "\x00\x03\x00\x00\x00\x02\x11\x05")
	master.expect("\x00\x02\x00\x00\x00\x03\x11\x83\x02" + "\x00\x03\x00\x00\x00\x03\x11\x85\x01")
}

func TestHL7(t *testing.T) {
	d := deploy(t, "hl7.yaml")
	lab := d.dial("7811")
	lab.say("\x0bMSH|^~\\&|LAB|A|APP|B|||ADT^A01|7|P|2.5\rPID|1||42||Doe^Jane\r\x1c\r")
	lab.expect("\x0bMSH|^~\\&|APP|B|LAB|A|||ACK|7|P|2.5\rMSA|AA|7|\r\x1c\r")
	lab.say("\x0bnothing\x1c\r")
	lab.expect("\x0bMSH|^~\\&|||||||ACK||P|2.5\rMSA|AR||no MSH\r\x1c\r")
}

func TestSLIP(t *testing.T) {
	d := deploy(t, "slip.yaml")
	bus := d.dial("7812")
	bus.say("\xc0\x01\x09\xc4\xc0")
	bus.expect("\xc0\x06\x01\xc0")
	bus.say("\xdb\x00\xc0\xdb\xdd\xff\x9c\xc0")
	bus.expect("\xc0\x06\xdb\xdd\xc0")
	if got := d.received("temperature", 2); got[0] != 25.0 || got[1] != -1.0 {
		t.Errorf("temperatures are %v", got)
	}
}

func TestSyslog(t *testing.T) {
	d := deploy(t, "syslog.yaml")
	d.dial("7813").say("29 <8>1 - host app - - - counted\n<9>1 - host app - - - a line\n")
	d.dialUDP("7814").say("<10>1 - host app - - - a datagram")
	texts := map[any]bool{}
	for _, payload := range d.received("errors", 3) {
		texts[payload.(map[string]any)["text"]] = true
	}
	if !texts["counted"] || !texts["a line"] || !texts["a datagram"] {
		t.Errorf("got %v", texts)
	}
}
