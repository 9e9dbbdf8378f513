package mqtt

import "github.com/flowrun/flowrun/flow"

// Message is an application message, to send or received.
type Message struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
	Properties
}

// Properties are those of a message in MQTT 5. Others are left out when it is
// sent to an older broker.
type Properties struct {
	ResponseTopic   string
	CorrelationData []byte
	ContentType     string
	UserProperties  *flow.Object // of texts; nil is none
	Expiry          *uint32      // seconds
	UTF8            *bool        // the payload is text (its format indicator)
	TopicAlias      uint16       // 0 is none
	WillDelay       *uint32      // seconds; of a will only

	subscriptions []int // identifiers of the subscriptions that a received message is for
}

// Subscription is what is subscribed to.
type Subscription struct {
	Filter string
	QoS    byte

	// In MQTT 5 only.
	NoLocal           bool
	RetainAsPublished bool
	RetainHandling    byte

	id int // subscription identifier, 0 is none
}

// The packets, without what differs between the versions of the protocol. The
// connect packet is made of [Options]; a refusal is empty if there is none.
type (
	connack struct {
		present bool // the broker has kept the session
		refusal string
		limits
	}
	publish struct {
		*Message
		id    uint16
		dup   bool
		topic string // as it is sent: empty if the alias says it
		alias uint16
	}
	acknowledgement struct {
		kind    byte // puback, pubrec, pubrel or pubcomp
		id      uint16
		refusal string
	}
	subscribe struct {
		id uint16
		Subscription
	}
	unsubscribe struct {
		id     uint16
		filter string
	}
	answered struct { // a suback or unsuback
		id      uint16
		refusal string
	}
	ping       struct{}
	pong       struct{}
	disconnect struct{ reason string }
)

// limits are what a broker says of itself.
type limits struct {
	window     int // messages of QoS 1 and 2 that may wait for their acknowledgement
	exact      int // the same with one of QoS 2 among them
	size       int // of a packet, 0 is no limit
	qos        byte
	noRetain   bool
	aliases    uint16
	subIDs     bool
	keepAlive  *uint16
	assignedID string
}

// Kinds of acknowledgements, with their numbers in the protocol.
const (
	puback  = 4
	pubrec  = 5
	pubrel  = 6
	pubcomp = 7
)
