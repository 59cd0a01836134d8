package tfjs

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// manifest is a model.json.
type manifest struct {
	Topology  json.RawMessage `json:"modelTopology"`
	Weights   []group         `json:"weightsManifest"`
	Signature signature       `json:"signature"`
	User      struct {
		Signature signature `json:"signature"`
	} `json:"userDefinedMetadata"`
}

// signature says what a graph-model gives, by names of its own.
type signature struct {
	Outputs map[string]struct{ Name string }
}

// group is a list of files, and the weights that lie in them one after another.
type group struct {
	Paths   []string
	Weights []stored
}

// stored is a weight. A quantised one is q·Scale + Min; of fp16 it is the number itself.
type stored struct {
	Name         string
	Shape        []int64
	DType        string
	Quantization *struct {
		DType      string
		Scale, Min float64
	}
}

// outputs are the names of what the model gives, in order; none where it does not say.
func (m *manifest) outputs() (names []string) {
	all := m.Signature.Outputs
	if len(all) == 0 {
		all = m.User.Signature.Outputs
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		name := all[key].Name
		if name == "" {
			name = key
		}
		names = append(names, strings.TrimSuffix(name, ":0"))
	}
	return names
}

// The limits on weights.
const (
	maxWeights = 1 << 16
	maxRank    = 6
	maxMade    = 256 << 20 // bytes that are put together in memory
)

// shard is a file of a group, and where it begins among the bytes of all of them.
type shard struct {
	path     string
	at, size int64
}

// place says where each weight lies.
func (m *manifest) place(dir string) (map[string]graph.Weight, error) {
	all, made := map[string]graph.Weight{}, int64(0)
	for _, g := range m.Weights {
		shards, size, err := open1(dir, g.Paths)
		if err != nil {
			return nil, err
		}
		at := int64(0)
		for _, s := range g.Weights {
			w, length, err := s.weight(shards, at, size)
			if err != nil {
				return nil, fmt.Errorf("weight %q: %w", s.Name, err)
			}
			if w.Decode != nil {
				bytes, _ := w.Type.Bytes(w.Shape) // checked by weight
				made += bytes
			}
			at += length
			all[s.Name] = w
			if len(all) > maxWeights || made > maxMade {
				return nil, fmt.Errorf("has more than %d weights, or %d bytes of them to be put together", maxWeights, maxMade)
			}
		}
		if at != size {
			return nil, fmt.Errorf("its weights take %d bytes, the files beside it have %d: they do not belong together", at, size)
		}
	}
	return all, nil
}

// open1 finds the files of a group.
func open1(dir string, paths []string) (shards []shard, size int64, err error) {
	for _, p := range paths {
		if !filepath.IsLocal(p) {
			return nil, 0, fmt.Errorf("its weights lie in %q, want a file in its folder", p)
		}
		f, info, real, err := checkpoint.Regular(filepath.Join(dir, filepath.FromSlash(p)))
		if err != nil {
			return nil, 0, fmt.Errorf("its weights in %q: %w", p, err)
		}
		if err := f.Close(); err != nil {
			return nil, 0, err
		}
		shards = append(shards, shard{real, size, info.Size()})
		size += info.Size()
	}
	return shards, size, nil
}

// types are those of the numbers of weights.
var types = map[string]graph.DType{"float32": graph.Float32, "float16": graph.Float16, "int32": graph.Int32, "uint8": graph.UInt8, "bool": graph.Bool}

// weight is a weight whose bytes begin at a place among all of its group's.
func (s *stored) weight(shards []shard, at, size int64) (w graph.Weight, length int64, err error) {
	in, width := s.DType, int64(0)
	if s.Quantization != nil {
		in = s.Quantization.DType
	}
	if width = types[in].Size(); in == "uint16" {
		width = 2
	}
	count, err := graph.Bool.Bytes(s.Shape)
	if err != nil || width == 0 || types[s.DType] == 0 || len(s.Shape) > maxRank {
		return w, 0, fmt.Errorf("has shape %v of %s, as %s, which is not read", s.Shape, s.DType, in)
	}
	if count > (size-at)/width {
		return w, 0, fmt.Errorf("ends behind the files of weights, which have %d bytes: they are incomplete", size)
	}
	length = count * width
	w = graph.Weight{Type: types[s.DType], Shape: s.Shape}
	i := slices.IndexFunc(shards, func(h shard) bool { return at < h.at+h.size })
	if i < 0 { // no numbers at all
		w.Data = []byte{}
		return w, 0, nil
	}
	w.File, w.Offset, w.Length = shards[i].path, at-shards[i].at, length
	plain := s.Quantization == nil || in == "float16" && s.DType == "float32"
	if plain && s.Quantization != nil {
		w.Type = graph.Float16
	}
	if whole := at+length <= shards[i].at+shards[i].size; !plain || !whole {
		w.Decode = func() ([]byte, error) { return s.made(shards[i:], w.Offset, length, plain) }
	}
	if !plain && s.DType != "float32" {
		return w, 0, fmt.Errorf("is %s in place of %s, which is not read", in, s.DType)
	}
	return w, length, nil
}

// made puts a weight together out of the files it lies in.
func (s *stored) made(shards []shard, at, length int64, plain bool) ([]byte, error) {
	b := make([]byte, length)
	for left := b; len(left) > 0; {
		if len(shards) == 0 {
			return nil, fmt.Errorf("weight %q: its files end too early", s.Name)
		}
		n := min(int64(len(left)), shards[0].size-at)
		if err := readAt(shards[0].path, left[:max(n, 0)], at); err != nil {
			return nil, err
		}
		left, shards, at = left[max(n, 0):], shards[1:], 0
	}
	if plain {
		return b, nil
	}
	q, out := s.Quantization, make([]byte, 0, 4*len(b))
	width := 1
	if q.DType == "uint16" {
		width = 2
	}
	for ; len(b) >= width; b = b[width:] {
		v := float64(b[0])
		if width == 2 {
			v = float64(binary.LittleEndian.Uint16(b))
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v*q.Scale+q.Min)))
	}
	return out, nil
}

func readAt(path string, b []byte, at int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.ReadAt(b, at)
	return err
}
