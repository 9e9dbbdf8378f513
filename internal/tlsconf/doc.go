// Package tlsconf is what nodes need for TLS: certificates and keys from files
// (looked at again at every handshake), texts and the environment; the
// configurations made of them; and what goes wrong in words.
//
// A node that has Node-RED's property tls finds the [Provider] of the tls-config
// node that it names with [Lookup]. One that can do with properties of its own
// embeds an [Inline].
package tlsconf
