package checkpoint

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
)

// file puts a header before data of the given length.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func parse(b []byte) (*header, error) { return parseHeader(bytes.NewReader(b), int64(len(b))) }

func TestHeaderIsRead(t *testing.T) {
	h, err := parse(file(` {"b\u00e9":{"dtype":"F16","shape":[2,1],"data_offsets":[4,8]},"__metadata__":{"x":"y\n"},
		"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"},"none":{"dtype":"I64","shape":[0,7],"data_offsets":[4,4]}} `, 8))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.tensors) != 3 || h.tensors[0].Key != "a" || h.tensors[2].Key != "bé" || h.metadata["x"] != "y\n" {
		t.Errorf("read %+v", h)
	}
	if a := h.tensors[0]; a.Length != 4 || a.Offset != int64(len(file("", 0)))+int64(h.tensors[2].Offset-8-4) {
		t.Errorf("offsets of %+v do not count from the start of the file", a)
	}
}

func TestBadHeadersAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty file":          {},
		"seven bytes":         make([]byte, 7),
		"length beyond file":  binary.LittleEndian.AppendUint64(nil, 1000),
		"enormous length":     binary.LittleEndian.AppendUint64(nil, 1<<63),
		"over the limit":      file("{}", 0)[:8],
		"no object":           file("[]", 0),
		"cut":                 file(`{"a":`, 0),
		"text after the end":  file("{} {}", 0),
		"hole before":         file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"past the end":        file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4),
		"overlap":             file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"partial overlap":     file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"wrong size":          file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4),
		"overflowing shape":   file(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 0),
		"number too large":    file(`{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}`, 0),
		"negative dimension":  file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4),
		"fraction":            file(`{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, 4),
		"falling offsets":     file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4),
		"three offsets":       file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, 4),
		"rank nine":           file(`{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}`, 1),
		"unknown type":        file(`{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}`, 4),
		"no type":             file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4),
		"unknown field":       file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[]}}`, 4),
		"field twice":         file(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"key twice":           file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"key twice, escaped":  file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"metadata twice":      file(`{"__metadata__":{},"__metadata__":{}}`, 0),
		"metadata key twice":  file(`{"__metadata__":{"a":"","a":""}}`, 0),
		"metadata of numbers": file(`{"__metadata__":{"a":1}}`, 0),
		"name too long":       file(`{"`+strings.Repeat("n", maxKey+1)+`":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"control character":   file("{\"a\x01\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
	} {
		if h, err := parse(b); err == nil {
			t.Errorf("%s was accepted: %+v", name, h)
		}
	}
}

// TestBytesBehindTheTensorsAreToldAndLeftAlone: some tools pad the file.
func TestBytesBehindTheTensorsAreToldAndLeftAlone(t *testing.T) {
	h, err := parse(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 12))
	if err != nil || h.beyond != 8 {
		t.Errorf("%+v, %v", h, err)
	}
}

// TestEightBitFloatsAreWidened: all 256 values of both kinds, by their definitions.
func TestEightBitFloatsAreWidened(t *testing.T) {
	for b := range 256 {
		sign := 1 - 2*float64(b>>7)
		for _, k := range []struct {
			kind           graph.DType
			exponent, bias int
			fraction       float64
			special        func(e int, f float64) (float64, bool)
		}{
			{graph.Float8E4M3, b >> 3 & 15, 7, float64(b&7) / 8, func(e int, f float64) (float64, bool) { return math.NaN(), e == 15 && f == 7./8 }},
			{graph.Float8E5M2, b >> 2 & 31, 15, float64(b&3) / 4, func(e int, f float64) (float64, bool) {
				if f == 0 {
					return sign * math.Inf(1), e == 31
				}
				return math.NaN(), e == 31
			}},
		} {
			want := sign * (1 + k.fraction) * math.Pow(2, float64(k.exponent-k.bias))
			if k.exponent == 0 {
				want = sign * k.fraction * math.Pow(2, float64(1-k.bias))
			}
			if v, special := k.special(k.exponent, k.fraction); special {
				want = v
			}
			got, err := Widen([]byte{byte(b)}, k.kind)
			if err != nil || float64(got[0]) != want && !(math.IsNaN(want) && math.IsNaN(float64(got[0]))) {
				t.Errorf("%s %#02x is %v, want %v (%v)", k.kind, b, got, want, err)
			}
		}
	}
}

// The worst headers that fit under the limits must not take more than the promise.
func TestHostileHeadersStayWithinMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a header of 100 MB")
	}
	for name, unit := range map[string]string{
		"tensors":  `"%":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`,
		"escapes":  `"__metadata__":{"a":"` + strings.Repeat(`\n`, MaxHeader/2-64) + `"},`,
		"metadata": `"__metadata__":{` + strings.Repeat(`"":"",`, 1<<20),
	} {
		var b strings.Builder
		b.WriteByte('{')
		for i := 0; b.Len() < MaxHeader-len(unit)-64; i++ {
			b.WriteString(strings.Replace(unit, "%", string(rune(0x4e00+i%20000))+string(rune(0x4e00+i/20000)), 1))
			if len(unit) > 1000 {
				break
			}
		}
		path := filepath.Join(t.TempDir(), "hostile.safetensors")
		if err := os.WriteFile(path, file(b.String(), 0), 0o644); err != nil {
			t.Fatal(err)
		}
		b.Reset()
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readFile(path)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: was accepted", name)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
			t.Errorf("%s: took %d MB, want at most 512", name, used>>20)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}`, 4))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[2,0,3],"data_offsets":[0,0]}}`, 0))
	f.Add(file(`{}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parse(b)
		if err != nil {
			return
		}
		next := int64(8 + binary.LittleEndian.Uint64(b))
		for _, x := range h.tensors {
			if x.Offset != next || x.Length < 0 {
				t.Fatalf("tensor %+v does not begin at %d", x, next)
			}
			next += x.Length
		}
		if next != int64(len(b)) {
			t.Fatalf("the tensors end at %d of %d", next, len(b))
		}
		if _, _, err := splitStable(h.tensors); err == nil { // names decide nothing that may panic
			_, _ = fromFolder("denoiser", h.tensors)
			_, _ = fromFolder("vae", h.tensors)
		}
	})
}

func FuzzConfigs(f *testing.F) {
	f.Add([]byte(`{"attention_head_dim":[5,10,20,20],"sample_size":64,"norm_num_groups":32}`), []byte(`{"prediction_type":"v_prediction","beta_start":0.00085,"beta_end":0.012}`))
	f.Add([]byte(`{"attention_head_dim":8,"num_attention_heads":null}`), []byte(`{"num_train_timesteps":1000}`))
	f.Fuzz(func(t *testing.T, unet, scheduler []byte) {
		var s configs
		s.unet, s.scheduler = new(unetConfig), new(schedulerConfig)
		if decodeConfig(bytes.NewReader(unet), maxConfig, s.unet) != nil || decodeConfig(bytes.NewReader(scheduler), maxConfig, s.scheduler) != nil {
			return
		}
		c := &Checkpoint{Family: SD1, Denoiser: &Part{}, VAE: &Part{}, configs: s}
		if (stable{}).headsOf(c) != nil || c.settle(Options{}) != nil {
			return
		}
		if c.Prediction != "epsilon" && c.Prediction != "v" || c.Schedule.Steps < 2 || c.NativeSize < 1 {
			t.Fatalf("settled on %+v", c.Settings)
		}
		if n, err := c.Denoiser.Heads.Of(3, 320); err == nil && (n < 1 || 320%n != 0) {
			t.Fatalf("%d heads for a width of 320", n)
		}
	})
}
