package ncnn

import (
	"encoding/binary"
	"fmt"
	"io"

	"pentimento/pipeline/graph"
)

// Marks before weights (ncnn, src/modelbin.cpp): what the numbers behind them are.
const (
	plainFloats  = 0
	halfFloats   = 0x01306B47
	scaledFloats = 0x0002C056 // fp32 too; scales for computing in 8 bits follow elsewhere
)

// store hands out the weights of a .bin in the order in which layers take them.
type store struct {
	r    io.ReaderAt
	path string
	size int64
	at   int64
}

// marked is a weight with a mark before it, of fp16 or fp32; what follows begins at a multiple of 4.
func (s *store) marked(shape ...int64) (graph.Weight, error) {
	var head [4]byte
	if s.at > s.size-4 {
		return graph.Weight{}, s.short(4)
	}
	if _, err := s.r.ReadAt(head[:], s.at); err != nil {
		return graph.Weight{}, err
	}
	s.at += 4
	switch mark := binary.LittleEndian.Uint32(head[:]); mark {
	case plainFloats, scaledFloats:
		return s.next(graph.Float32, shape)
	case halfFloats:
		return s.next(graph.Float16, shape)
	default:
		return graph.Weight{}, fmt.Errorf("has weights marked %#08x: 8-bit or other numbers, which are not read", mark)
	}
}

// plain is a weight of fp32.
func (s *store) plain(shape ...int64) (graph.Weight, error) { return s.next(graph.Float32, shape) }

func (s *store) next(t graph.DType, shape []int64) (graph.Weight, error) {
	n, err := t.Bytes(shape)
	if err != nil {
		return graph.Weight{}, err
	}
	if n > s.size-s.at {
		return graph.Weight{}, s.short(n)
	}
	w := graph.Weight{Type: t, Shape: shape, File: s.path, Offset: s.at, Length: n}
	s.at += n
	s.at += -s.at & 3
	return w, nil
}

func (s *store) short(n int64) error {
	return fmt.Errorf("wants %d bytes at byte %d of its .bin, which has %d: it is incomplete, or another network's", n, s.at, s.size)
}
