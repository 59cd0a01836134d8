// Package ort runs graphs with ONNX Runtime. It is the only room that knows the native
// library, and one of three that need cgo.
//
// Start reading at Runtime.Open (open.go), which tries one device after the other, then
// session.go (one opened graph), turn.go (one thing at a time on a card) and bind.c (the C calls). library.go finds the native
// library, which fetch.sh brings; guard.go keeps a changing checkpoint from ending the
// program; form.go chooses between the two forms of a graph; devices.go says what the
// machine has and lacks.
//
// Decisions
//   - 2026-11-23: github.com/yalue/onnxruntime_go loads the library on three systems and
//     owns the environment, but hides its OrtSessionOptions, and most of what is needed
//     here (weights handed over in memory, the list of providers, ending a load, giving
//     memory back after a run) acts on one. Reading its structs by unsafe would break with
//     its next version, so options, sessions and runs are made in our own bind.c, through
//     the same library and the same shared environment.
//   - 2026-11-27: cgo cannot include a header out of another module, and a copy would be
//     10,400 lines of which 40 functions are called: api.h declares those by their slots in
//     the table, and a test compares it with the header of onnxruntime_go (interface 24).
//   - 2026-11-23: weights stay in the checkpoint, mapped by the runtime itself. A session
//     opens quick (level "extended", weights not repacked: 0.1 s for 3.4 GB) or, with Fast,
//     repacked.
//   - 2026-11-27: a session stays in the form it opened in: see packs in form.go.
//   - 2026-11-23: waiting threads do not spin: 3 % slower, and the window keeps its cores.
package ort

import (
	"context"
	"sync"

	"pentimento/pipeline/model"
)

// Config is what the program decides about the runtime; the zero value works.
type Config struct {
	// Library is the path of the native library from the settings; "" searches.
	Library string
	// Device is the device from the settings; "" takes the first that works.
	Device string
	// Self is the program's own path, run as `Self devices --probe NAME` to try a device
	// where a crash in its driver does no harm; "" tries devices in this process. A test
	// must leave it empty: its executable is the test itself.
	Self string
	// Memory is the file in which failed self-tests are remembered; "" remembers none.
	Memory string
	// Notice receives plain messages for the person, one sentence each: a device that
	// failed and what is used instead, with what its library said as the last part. It is called from any goroutine; nil drops them.
	Notice func(string)
}

// Runtime is the model.Runtime of this program. The library is loaded at first use.
// It is safe for use by several goroutines.
type Runtime struct {
	config Config
	make   maker

	mu     sync.Mutex
	probed map[string]model.Probe // by device name
	banned map[string]error       // devices that failed in this run of the program, and why
	told   map[string]bool        // what tellOnce has said
	asked  map[string]bool        // devices that were asked for by name
	halves map[string]model.Probe // half precision, by device name
	repeat map[string]error       // why a device's evaluations are not recorded, nil where they may be
}

// New returns a Runtime; nothing is loaded yet.
func New(c Config) *Runtime {
	return &Runtime{config: c, make: makeHandle, probed: map[string]model.Probe{}, banned: map[string]error{}, told: map[string]bool{}, asked: map[string]bool{}, halves: map[string]model.Probe{}, repeat: map[string]error{}}
}

var _ model.Runtime = (*Runtime)(nil)
var _ model.Prober = (*Runtime)(nil)
var _ model.Trimmer = (*Runtime)(nil)
var _ model.Surveyor = (*Runtime)(nil)
var _ model.Tester = (*Runtime)(nil)

func (r *Runtime) notice(o model.Options, text string) {
	if o.Notice != nil {
		o.Notice(text)
	} else if r.config.Notice != nil {
		r.config.Notice(text)
	}
}

// ended prefers the end of ctx over the error that it brought about.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
