package gguf

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// blocks are, of each type, 256 values as blocks and what ggml's own code makes of them (float32,
// little-endian); of IQ4_NL and IQ4_XS, what its published formula gives in numpy.
//
//go:embed testdata/blocks.json
var blocks []byte

func TestBlocksDecodeAsGGMLDoes(t *testing.T) {
	var all map[string]struct{ Blocks, Values string }
	if err := json.Unmarshal(blocks, &all); err != nil || len(all) != 12 {
		t.Fatal(len(all), err)
	}
	for name, c := range all {
		kind, ok := Named(name)
		b, bad := hex.DecodeString(c.Blocks)
		want, bad2 := hex.DecodeString(c.Values)
		if !ok || bad != nil || bad2 != nil {
			t.Fatal(name, bad, bad2)
		}
		to := make([]float32, 256)
		if err := kind.Decode(b, to); err != nil {
			t.Fatal(name, err)
		}
		for i, v := range to {
			if w := math.Float32frombits(binary.LittleEndian.Uint32(want[4*i:])); v != w {
				t.Errorf("%s: value %d is %g, want %g", name, i, v, w)
				break
			}
		}
		if err := kind.Decode(b[:len(b)-1], to); err == nil {
			t.Errorf("%s: a block that is cut short was decoded", name)
		}
	}
}

// file is a GGUF file under construction.
type file struct{ bytes.Buffer }

func (f *file) num(values ...any) *file {
	for _, v := range values {
		if s, ok := v.(string); ok {
			f.num(uint64(len(s)))
			f.WriteString(s)
			continue
		}
		_ = binary.Write(f, binary.LittleEndian, v)
	}
	return f
}

// begin is a file of so many tensors and keys.
func begin(version uint32, tensors, pairs uint64) *file {
	f := &file{}
	f.WriteString("GGUF")
	return f.num(version, tensors, pairs)
}

func (f *file) tensor(name string, kind Type, offset uint64, dims ...uint64) *file {
	return f.num(name, uint32(len(dims)), dims, uint32(kind), offset)
}

// data pads the header and adds n bytes.
func (f *file) data(align, n int) []byte {
	f.Write(make([]byte, (align-f.Len()%align)%align+n))
	return f.Bytes()
}

func TestHeaderSaysWhereTensorsAre(t *testing.T) {
	for _, version := range []uint32{2, 3} {
		b := begin(version, 3, 5).
			num("general.alignment", uint32(4), uint32(64)).
			num("general.architecture", uint32(8), "sd1").
			num("words", uint32(9), uint32(8), uint64(2), "one", "two").
			num("many", uint32(9), uint32(6), uint64(20), make([]float32, 20)).
			num(originalShape+"c", uint32(9), uint32(5), uint64(4), int32(16), int32(2), int32(3), int32(3)).
			tensor("c", Q8_0, 64, 32, 9).tensor("a", F16, 0, 3, 5).tensor("scalar", F32, 384).data(64, 388)
		f, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		data := int64(len(b) - 388)
		want := []Tensor{{"a", F16, []int64{5, 3}, data, 30}, {"c", Q8_0, []int64{16, 2, 3, 3}, data + 64, 306}, {"scalar", F32, nil, data + 384, 4}}
		for i, w := range want {
			if got := f.Tensors[i]; fmt.Sprint(got) != fmt.Sprint(w) {
				t.Errorf("version %d: %v, want %v", version, got, w)
			}
		}
		if f.Metadata["general.architecture"] != "sd1" || len(f.Metadata) != 2 {
			t.Errorf("metadata %v", f.Metadata)
		}
		for n := range len(b) { // every shorter file is incomplete
			if _, err := Read(bytes.NewReader(b[:n]), int64(n)); err == nil {
				t.Fatalf("%d of %d bytes were read", n, len(b))
			}
		}
	}
}

func TestHostileFilesEndQuickly(t *testing.T) {
	const huge = uint64(1) << 60
	plain := func(kind Type, offset uint64, dims ...uint64) []byte {
		return begin(3, 1, 0).tensor("a", kind, offset, dims...).data(32, 64)
	}
	pair := func(values ...any) []byte { return begin(3, 0, 1).num("k").num(values...).data(32, 64) }
	nested := begin(3, 0, 1).num("k", uint32(9))
	for range 10000 {
		nested.num(uint32(9), uint64(1))
	}
	for name, b := range map[string][]byte{
		"tensors":        begin(3, huge, 0).data(32, 64),
		"most tensors":   begin(3, MaxTensors, 0).data(32, 64),
		"keys":           begin(3, 0, huge).data(32, 64),
		"key":            begin(3, 0, 1).num(huge).data(32, 64),
		"text":           pair(uint32(8), huge),
		"negative text":  pair(uint32(8), ^uint64(0)),
		"list":           pair(uint32(9), uint32(4), huge),
		"list of texts":  pair(uint32(9), uint32(8), huge),
		"wrapping list":  pair(uint32(9), uint32(12), uint64(1)<<61),
		"type of value":  pair(uint32(13), uint64(0)),
		"type of list":   pair(uint32(9), uint32(99), uint64(1), uint64(0)),
		"nested":         nested.data(32, 64),
		"same keys":      begin(3, 0, 2).num("k", uint32(4), uint32(1), "k", uint32(4), uint32(1)).data(32, 0),
		"alignment 0":    begin(3, 0, 1).num("general.alignment", uint32(4), uint32(0)).data(32, 0),
		"alignment 3":    begin(3, 0, 1).num("general.alignment", uint32(4), uint32(3)).data(32, 0),
		"alignment text": begin(3, 0, 1).num("general.alignment", uint32(8), "x").data(32, 0),
		"rank":           begin(3, 1, 0).num("a", uint32(1<<31), huge).data(32, 64),
		"dimension 0":    plain(F32, 0, 0),
		"dimension":      plain(F32, 0, huge),
		"overflow":       plain(F32, 0, 1<<32, 1<<32, 1<<32),
		"wrap to 16":     plain(Q8_0, 0, 1<<62, 4),
		"behind the end": plain(F32, 1<<40, 4),
		"offset wraps":   plain(F32, ^uint64(0)-31, 4),
		"unaligned":      plain(F32, 4, 4),
		"type":           plain(99, 0, 4),
		"type IQ2_XXS":   plain(16, 0, 256),
		"odd row":        plain(Q8_0, 0, 33),
		"overlap":        begin(3, 2, 0).tensor("a", F32, 0, 16).tensor("b", F32, 32, 4).data(32, 64),
		"same names":     begin(3, 2, 0).tensor("a", F32, 0, 4).tensor("a", F32, 32, 4).data(32, 64),
		"version 1":      begin(1, 0, 0).data(32, 64),
		"big-endian":     begin(3<<24, 0, 0).data(32, 64),
		"shape before":   begin(3, 1, 1).num(originalShape+"a", uint32(9), uint32(5), uint64(2), int32(-2), int32(-2)).tensor("a", F32, 0, 4).data(32, 64),
		"another shape":  begin(3, 1, 1).num(originalShape+"a", uint32(9), uint32(10), uint64(2), huge, huge).tensor("a", F32, 0, 4).data(32, 64),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := Read(bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one of one line", name, err)
		}
		if took, made := time.Since(began), after.TotalAlloc-before.TotalAlloc; took > time.Second || made > 1<<20 {
			t.Errorf("%s: %v and %d bytes", name, took, made)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(begin(3, 2, 1).num("k", uint32(9), uint32(5), uint64(1), int32(1)).tensor("a", F32, 0, 4).tensor("b", Q4_K, 32, 256).data(32, 176))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, x := range got.Tensors {
			if x.Offset < 0 || x.Length < 0 || x.Offset+x.Length > int64(len(b)) || slices.Min(append([]int64{1}, x.Shape...)) < 1 {
				t.Fatalf("%+v in %d bytes", x, len(b))
			}
			if values, size := x.Type.Block(); !x.Type.Plain() {
				if err := x.Type.Decode(b[x.Offset:x.Offset+x.Length], make([]float32, x.Length/size*values)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
