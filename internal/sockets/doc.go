// Package sockets is what the six session nodes share about the network: where
// a message is to go, how sockets are opened, and errors in Node.js' words.
package sockets
