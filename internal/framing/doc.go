// Package framing cuts a stream of bytes into frames, and makes frames of
// payloads.
//
// [Frames] holds the properties of a node; it makes a [Framing], which all
// sessions of the node share, and that a [Framer] for each stream. What frames
// a stream gives, and what errors, does not depend on how the stream was cut
// into chunks. A frame that lies whole inside a chunk is not copied; of an
// unfinished one no more than maxFrame bytes are kept.
//
// # Frames that are too long or wrong
//
// A frame longer than maxFrame, with all that surrounds its payload, is an
// [Error] FRAME_TOO_LONG as soon as that is known. Who goes on calling
// [Framer.Next] skips the frame: with a length in front of it as many bytes as
// that says, else what comes before the end that the format marks, for JSON
// before the end of the value. What is no frame at all is FRAME_INVALID. After
// one that is Fatal nothing shows where the next frame begins: a length that is
// none, a netstring without its comma, text where a JSON value must begin.
//
// # Ends
//
// When the stream ends, what a mark would end is whole without it: a line, what
// comes before a delimiter, a syslog message that ends with its line, a number in
// JSON. Of any other frame that is unfinished the error FRAME_INCOMPLETE says
// what there is.
package framing
