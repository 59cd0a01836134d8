// Package engine runs what needs a native runtime in a child process of the same program
// (`pentimento engine`), so that a driver that crashes, a system that is out of memory or a
// network that hangs takes one job along and never the canvas.
//
// Start at Client (client.go), which the window has, and Serve (server.go), which the child
// runs; both are an ordinary "run this request" to their callers. wire.go says how a
// message looks, message.go which there are, child.go starts, watches and ends a process,
// patience.go says how long a job may be silent, spawn_*.go is what systems do differently.
//
// The child is started by the first request for a device and stays, with the model it has
// opened, until it was idle for a while; its memory then goes back whole. Only runs cross:
// planning, checks, model descriptions and counting tokens need no native library and stay
// in the window's process. So do the engines without a network (content-aware fill and its
// kin): they are Go and cannot take the process along, and they go on working where no
// child can be started.
//
// Decisions
//   - 2026-11-25: messages cross two pipes that only the two processes hold: no name in the
//     file system that another could open or that could be left behind, and the end of one
//     process is the end of file of the other, on every system. Standard output and standard
//     error are not part of it, so a library that prints disturbs nothing; their last lines
//     are kept for the message when the child dies.
//   - 2026-11-25: github.com/fxamacker/cbor/v2 encodes what is not pixels (RFC 8949; small,
//     fuzzed, limits on nesting and lengths). encoding/json cannot carry NaN or file names
//     that are no UTF-8; encoding/gob is, by its own words, not hardened against what does
//     not come from itself.
//   - 2026-11-25: pixels follow their message as they lie in memory, from one picture's
//     slice into the other's. Neither side holds a picture twice, and there is no file.
//   - 2026-11-25: a job is tried twice. An ordinary error, the model's or the request's, is
//     the answer and is not tried again.
//   - 2026-11-25: both programs must be of one build. The request grows with the program,
//     and a child that misses a field would paint something else without a word.
package engine

import "strings"

// Verb is the program's argument that makes it the child.
const Verb = "engine"

// protocol counts the ways the two processes have talked.
const protocol = 1

// Start is what a child is sent before anything else.
type Start struct {
	Protocol int
	Version  string // of the program, as Config.Version
	Library  string // path of the native library from the settings; "" searches
	Device   string // device from the settings; "" takes the first that works
}

// Device is one thing that networks could run on, the preferred one first in a list.
type Device struct {
	Name, Label   string
	Ready         bool
	Missing, Hint string // why it is not ready, and how to get it
}

// Lost is a job whose child died or hung, twice, or could not be started: nothing is wrong
// with the request as far as is known, and it can be tried again, here or elsewhere.
type Lost struct {
	Why    string   // "the engine was killed (signal: killed)"
	Said   []string // its last lines, may be empty
	Advice string
	Device string   // where the job was to run, as far as is known; "" otherwise
	Others []Device // ready ones on which it could be tried, the next in line first
}

// Error says how it ended, with the lines that tell most.
func (l *Lost) Error() string {
	if len(l.Said) == 0 {
		return l.Why
	}
	return l.Why + ": " + strings.Join(l.Said, " / ")
}

// Hint says what the person can do.
func (l *Lost) Hint() string { return l.Advice }

// Elsewhere are the names of the devices to offer, with their names for people.
func (l *Lost) Elsewhere() (names, labels []string) {
	for _, d := range l.Others {
		names, labels = append(names, d.Name), append(labels, d.Label)
	}
	return names, labels
}
