// Package pickle reads which tensors stand at which bytes of a file that torch.save wrote
// (.ckpt, .pt, .pth, .bin): the zip form (torch 1.6 and later) and the stream before it, with
// pickles of protocol 2 to 5. No weight is read, nothing is unpacked, and nothing runs: the
// pickle goes through a machine that knows its opcodes, the rebuilding of tensors and some
// containers by name, and takes a few classes of trainers for values without meaning. Any
// other name in the file is an error that says it.
//
// Start reading at Read. machine.go is the machine, globals.go what it may name, rebuild.go
// the tensors, zip.go and stream.go the two forms, state.go finds the map of the weights.
//
// Safety: a description has at most maxPickle bytes and may make maxSpend bytes of values,
// lengths are compared with what is there before room is made, values are walked to a bounded
// depth and number, and every tensor is checked against its storage and every storage against
// the file. Everything may be called by several goroutines.
//
// Sources: Python's pickletools documents the opcodes; torch/serialization.py and
// torch/_utils.py (PyTorch) the two forms and the rebuilds.
//
// Decisions:
// 2026-11-28: compressed entries are refused: torch never writes them, and weights that are
// mapped from the file have to stand in it as they are.
// 2026-11-28: the checksum of the description is compared, those of the weights are not: that
// would mean to read the whole model, and torch can be told to write none.
// 2026-11-28: the zip directory is read by a reader of our own: archive/zip makes room for as
// many entries as a directory says it has, and allows entries that overlap.
package pickle

import (
	"bytes"
	"errors"
	"io"

	"pentimento/fault"
)

// The limits on one file. Real models have descriptions below 1 MiB.
const (
	maxPickle  = 32 << 20 // bytes of one pickle
	maxSpend   = 48 << 20 // bytes of values that a file's pickles may make, roughly
	maxRank    = 8
	maxDepth   = 32
	maxVisits  = 1 << 20
	maxName    = 1 << 10
	maxTensors = 1 << 16
	// The tensors of a file of n bytes have at most maxShare*n+maxSpread bytes: they may share
	// storages and repeat values, but a small file cannot stand for a mountain.
	maxShare, maxSpread = 4, 32 << 20
	// What a view reaches over is read at once: at most so many bytes, or maxScatter times its own.
	maxReach, maxScatter = 64 << 20, 8
)

// Tensor is one named array of a file: values of DType (the words of safetensors: "F32",
// "BF16", "BOOL"), little-endian, the first at byte Offset. Where Stride is nil they stand in
// row-major order in Length bytes; else the value at index i stands sum(i[k]*Stride[k]) values
// behind the first, and Length is what they would take in row-major order.
type Tensor struct {
	Name           string
	DType          string
	Shape, Stride  []int64
	Offset, Length int64
}

// Is says whether a file that begins so is one of torch's, or another zip archive. The length
// of a safetensors file's header may begin as a pickle does; zeros and a brace follow it.
func Is(head []byte) bool {
	if len(head) > 8 && head[8] == '{' && bytes.Equal(head[4:8], make([]byte, 4)) {
		return false
	}
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
}

// Read reads a file of the given size and returns the tensors of its map of weights, in its
// order: "state_dict" or what other programs call it, wherever it is nested. The vectors of
// an embedding are named string_to_param.…. The error says what in the file is wrong, or
// which name in it isn't one that is known to be harmless.
func Read(r io.ReaderAt, size int64) ([]Tensor, error) {
	head := make([]byte, 4)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, short(err)
	}
	read := readStream
	if string(head) == "PK\x03\x04" {
		read = readZip
	}
	root, err := read(r, size)
	if err != nil {
		return nil, err
	}
	return state(root, size)
}

// short is the error of a file that ends too early.
func short(err error) error {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fault.New("this torch file ends too early: it is incomplete", "Download or copy the file again.")
}
