// Package sandbox runs libraries of C in a box: compiled to WebAssembly, they can neither end the
// program nor read its memory, and what a call may take is bounded.
//
// Start at Box, one for each library, and Box.Run.
//
// 2026-11-27: github.com/tetratelabs/wazero (Apache-2.0) runs them, in pure Go, kept up.
package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// memoryPages bounds the memory of a run: 64 KiB each.
const memoryPages = 3 << 30 >> 16

// Box is a library. Any goroutine may use it.
type Box struct {
	Packed []byte // the library, gzipped
	// Prepare, which may be nil, gets the library unpacked and gives what is run.
	Prepare func([]byte) ([]byte, error)
	// Stops has a cancelled run end at once, for which the code looks at every turn of a loop.
	// Without it what is cancelled runs on unseen, and the next run waits until it is done: there
	// is one at a time.
	Stops bool

	once    sync.Once
	err     error
	runtime wazero.Runtime
	module  wazero.CompiledModule
	turn    chan struct{}
}

// Run makes the library ready, which takes a second or two the first time, and has use call it
// in memory of its own, which is gone afterwards. It ends early with ctx.Err().
func (b *Box) Run(ctx context.Context, use func(Library) error) error {
	if b.once.Do(b.open); b.err != nil {
		return fmt.Errorf("it does not start: %w", b.err)
	}
	if b.Stops {
		return orDone(ctx, b.run(ctx, use))
	}
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-b.turn }()
		done <- b.run(ctx, use)
	}()
	select {
	case err := <-done:
		return orDone(ctx, err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Box) open() {
	b.turn = make(chan struct{}, 1)
	z, err := gzip.NewReader(bytes.NewReader(b.Packed))
	var code []byte
	if err == nil {
		code, err = io.ReadAll(z)
	}
	if err == nil && b.Prepare != nil {
		code, err = b.Prepare(code)
	}
	if err == nil {
		ctx := context.Background()
		b.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(b.Stops))
		if _, err = wasi_snapshot_preview1.Instantiate(ctx, b.runtime); err == nil {
			b.module, err = b.runtime.CompileModule(ctx, code)
		}
	}
	b.err = err
}

func (b *Box) run(ctx context.Context, use func(Library) error) (err error) {
	defer func() { // of another's code
		if v := recover(); v != nil {
			err = fmt.Errorf("it failed (%v)", v)
		}
	}()
	m, err := b.runtime.InstantiateModule(ctx, b.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return err
	}
	defer m.Close(context.Background())
	return use(Library{ctx, m})
}

// orDone is the context's error where that is why.
func orDone(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Library is one run, for the goroutine that use is called on.
type Library struct {
	ctx context.Context
	m   api.Module
}

// Call calls a function that gives back a number of 32 bits.
func (l Library) Call(name string, args ...uint64) (uint32, error) {
	out, err := l.m.ExportedFunction(name).Call(l.ctx, args...)
	if err != nil {
		return 0, err
	}
	return uint32(out[0]), nil
}

// Take reserves memory; 0: there is not as much.
func (l Library) Take(n int) (uint32, error) { return l.Call("malloc", uint64(n)) }

// Write puts bytes into its memory; false: they don't lie within.
func (l Library) Write(at uint32, b []byte) bool { return l.m.Memory().Write(at, b) }

// Read shows bytes of its memory, which change with it and go with it.
func (l Library) Read(at, n uint32) ([]byte, bool) { return l.m.Memory().Read(at, n) }

// Number reads a number of 32 bits; 0 where there is none.
func (l Library) Number(at uint32) int {
	v, _ := l.m.Memory().ReadUint32Le(at)
	return int(v)
}
