// Package mqtt is a client of an MQTT broker that several nodes share: the
// mqtt-broker node owns it, mqtt in and mqtt out nodes find it with [Lookup].
//
// Packets are those of Eclipse Paho's two libraries, one for 3.1 and 3.1.1, one
// for 5. What goes on between them is here, since their clients cannot do what a
// flow needs: acknowledge a message when the flow is done with it, tell when a
// message that was sent on an earlier connection has arrived, and keep the order
// of messages when a broker comes back without its session.
//
// A [Client] lasts as long as its node and makes one connection after the other.
// Its session (section 4.1 of the standard) outlives them:
//
//   - Messages to send wait in a queue with a limit. Those of QoS 1 and 2 that
//     are sent wait, in order, to be acknowledged. A broker that still has the
//     session gets them again as duplicates, or with QoS 2 goes on where it was;
//     one that has not gets those anew that it has not taken over.
//   - Messages received of QoS 1 and 2 are acknowledged, in order, when all that
//     they set off in the flows is done. One that comes again meanwhile is not
//     handed on again.
//
// The socket is always read, for an acknowledgement may come behind a message
// for a flow that waits for just that. Messages of QoS 0 that the flows are too
// slow for are dropped, as the standard allows; those of QoS 1 and 2 the broker
// keeps back itself, for they are not acknowledged.
package mqtt
