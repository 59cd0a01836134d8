package pickle

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of testdata were written by torch 1.13 and torch 2 (the readable ones) and by hand
// (bad_…); values.safetensors has what torch read back, as FILE|NAME.

// reference reads the values that torch read, widened.
func reference(t *testing.T) map[string]map[string][]float64 {
	t.Helper()
	b, err := os.ReadFile("testdata/values.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	head := map[string]struct {
		DType   string `json:"dtype"`
		Offsets [2]int `json:"data_offsets"`
	}{}
	if err := json.Unmarshal(b[8:8+n], &head); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string][]float64{}
	for key, h := range head {
		file, name, ok := strings.Cut(key, "|")
		if !ok {
			continue
		}
		if out[file] == nil {
			out[file] = map[string][]float64{}
		}
		out[file][name] = values(b[8+int(n)+h.Offsets[0]:8+int(n)+h.Offsets[1]], h.DType)
	}
	return out
}

func values(b []byte, dtype string) []float64 {
	out := []float64{}
	for size := int(dtypes[dtype]); len(b) > 0; b = b[size:] {
		le := binary.LittleEndian
		var v float64
		switch dtype {
		case "F64":
			v = float64(float32(math.Float64frombits(le.Uint64(b))))
		case "F32":
			v = float64(math.Float32frombits(le.Uint32(b)))
		case "BF16":
			v = float64(math.Float32frombits(uint32(le.Uint16(b)) << 16))
		case "F16":
			h := le.Uint16(b)
			e, f := int(h>>10)&31, float64(h&0x3ff)
			if v = math.Ldexp(1024+f, e-25); e == 0 {
				v = math.Ldexp(f, -24)
			}
			if h&0x8000 != 0 {
				v = -v
			}
		case "I64":
			v = float64(int64(le.Uint64(b)))
		case "I32":
			v = float64(int32(le.Uint32(b)))
		case "U8", "BOOL":
			v = float64(b[0])
		}
		out = append(out, v)
	}
	return out
}

// gathered are the bytes of a tensor in row-major order.
func gathered(b []byte, x Tensor) []byte {
	if x.Stride == nil {
		return b[x.Offset : x.Offset+x.Length]
	}
	var out []byte
	var walk func(at int64, axis int)
	walk = func(at int64, axis int) {
		if axis == len(x.Shape) {
			size := dtypes[x.DType]
			out = append(out, b[x.Offset+at*size:x.Offset+at*size+size]...)
			return
		}
		for i := range x.Shape[axis] {
			walk(at+i*x.Stride[axis], axis+1)
		}
	}
	walk(0, 0)
	return out
}

// TestWhatTorchWroteIsRead: every value of every form, view and type, bit for bit.
func TestWhatTorchWroteIsRead(t *testing.T) {
	want := reference(t)
	if len(want) != 13 {
		t.Fatalf("%d files have values, want 13", len(want))
	}
	for file, tensors := range want {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(b), int64(len(b)))
		if file == "deflated.pt" {
			if err == nil || !strings.Contains(err.Error(), "compressed") {
				t.Errorf("%s: %v, want an error about compression", file, err)
			}
			continue
		}
		if err != nil || len(got) != len(tensors) {
			t.Errorf("%s: %d tensors, want %d; %v", file, len(got), len(tensors), err)
			continue
		}
		for _, x := range got {
			w, ok := tensors[x.Name]
			v := values(gathered(b, x), x.DType)
			if !ok || len(v) != len(w) {
				t.Errorf("%s: %q has %d values, want %d", file, x.Name, len(v), len(w))
				continue
			}
			for i := range v {
				if v[i] != w[i] {
					t.Errorf("%s: %q[%d] is %g, want %g", file, x.Name, i, v[i], w[i])
					break
				}
			}
		}
	}
}

// TestAFileThatIsCutShortIsAnError, wherever it is cut: most densely at its begin.
func TestAFileThatIsCutShortIsAnError(t *testing.T) {
	for _, file := range []string{"lightning.ckpt", "lightning_legacy.ckpt", "flat_p4.pt", "views_legacy.pt"} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(b); n += 1 + n/64 {
			if got, err := Read(bytes.NewReader(b[:n]), int64(n)); err == nil {
				t.Errorf("%s of %d bytes cut to %d: %d tensors", file, len(b), n, len(got))
			}
		}
	}
}

// FuzzRead: whatever the bytes are, no tensor reaches outside them.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		if z, err := openZip(bytes.NewReader(b), int64(len(b))); err == nil {
			for _, n := range z.names { // the pickle alone, in a stream: no checksum keeps the fuzzer out
				if e, err := z.find(n); err == nil && strings.HasSuffix(n, "data.pkl") {
					f.Add(append([]byte(magic+"\x80\x02M\xe9\x03.\x80\x02}."), b[e.at:e.at+e.size]...))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, x := range got {
			bytes := x.Length
			if x.Stride != nil {
				bytes = x.reach() * dtypes[x.DType]
			}
			if x.Offset < 0 || x.Length < 0 || bytes < 0 || x.Offset+bytes > int64(len(b)) && x.Length > 0 {
				t.Fatalf("%+v in %d bytes", x, len(b))
			}
		}
	})
}
