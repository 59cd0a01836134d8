package pipelinetest

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/tensor"
)

// Write writes the model into a folder of the test's own and returns its path: a file
// where layout is "single", a diffusers folder where it is "folder". dtype is "F32",
// "F16" or "BF16".
func (m *Model) Write(t testing.TB, layout, dtype string) string {
	t.Helper()
	dir := t.TempDir()
	if err := m.WriteTo(dir, layout, dtype); err != nil {
		t.Fatal(err)
	}
	if layout == "single" {
		return filepath.Join(dir, m.Name+".safetensors")
	}
	return dir
}

// WriteTo is Write into a given folder. It holds one tensor at a time in memory.
func (m *Model) WriteTo(dir, layout, dtype string) error {
	files := map[string][]Item{}
	single := m.Name + ".safetensors"
	for _, p := range m.pieces() {
		if layout == "single" {
			files[single] = append(files[single], Item{Name: p.name, DType: dtype, Shape: p.shape,
				Make: func() []byte { return encode(dtype, p.values()) }})
			continue
		}
		for _, at := range p.folder {
			files[at.file] = append(files[at.file], Item{Name: at.name, DType: dtype, Shape: at.shape,
				Make: func() []byte { return encode(dtype, p.in(at, p.values())) }})
		}
	}
	for name, items := range files {
		if err := WriteSafetensors(filepath.Join(dir, filepath.FromSlash(name)), items, m.Metadata); err != nil {
			return err
		}
	}
	if layout == "single" {
		return nil
	}
	return m.configs(dir)
}

// Item is one tensor of a safetensors file: little-endian bytes of the given type, there
// already or, where Data is nil, made when they are written.
type Item struct {
	Name, DType string
	Shape       []int
	Data        []byte
	Make        func() []byte
}

func (it Item) size() int {
	if it.Make == nil {
		return len(it.Data)
	}
	if it.DType == "F32" {
		return 4 * tensor.Size(it.Shape)
	}
	return 2 * tensor.Size(it.Shape)
}

// NewItem encodes values as "F32", "F16" (to nearest even) or "BF16" (to nearest even).
func NewItem(name, dtype string, v []float32, shape ...int) Item {
	return Item{Name: name, DType: dtype, Shape: append([]int{}, shape...), Data: encode(dtype, v)}
}

func encode(dtype string, v []float32) []byte {
	size := 2
	if dtype == "F32" {
		size = 4
	}
	out := make([]byte, size*len(v))
	for i, x := range v {
		at, bits := out[size*i:], math.Float32bits(x)
		switch dtype {
		case "F16":
			binary.LittleEndian.PutUint16(at, half(x))
		case "BF16":
			binary.LittleEndian.PutUint16(at, uint16((bits+0x7fff+bits>>16&1)>>16))
		default:
			binary.LittleEndian.PutUint32(at, bits)
		}
	}
	return out
}

// half rounds a value below 2^16 to IEEE 754 binary16, to nearest even.
func half(x float32) uint16 {
	bits := math.Float32bits(x)
	sign, a := uint16(bits>>16)&0x8000, bits&0x7fffffff
	if a < 0x38800000 { // below 2^-14: a multiple of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(a))*(1<<24)))
	}
	a += 0xfff + a>>13&1
	return sign | uint16((a-0x38000000)>>13)
}

// WriteSafetensors writes a file in the order given, making its folder.
func WriteSafetensors(path string, items []Item, metadata map[string]string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	header, _, err := headerOf(items, metadata)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	w.Write(header) // a Writer keeps its error for Flush
	for _, it := range items {
		data := it.Data
		if it.Make != nil {
			data = it.Make()
		}
		if _, err := w.Write(data); err != nil {
			f.Close()
			return err
		}
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// headerOf is a file's beginning, its length included, and how many bytes of values follow.
func headerOf(items []Item, metadata map[string]string) (header []byte, values int, err error) {
	header = []byte("{")
	if len(metadata) > 0 {
		b, err := json.Marshal(metadata)
		if err != nil {
			return nil, 0, err
		}
		header = fmt.Appendf(header, "%q:%s,", "__metadata__", b)
	}
	for i, it := range items {
		if i > 0 {
			header = append(header, ',')
		}
		shape, err := json.Marshal(append([]int{}, it.Shape...))
		if err != nil {
			return nil, 0, err
		}
		header = fmt.Appendf(header, "%q:{\"dtype\":%q,\"shape\":%s,\"data_offsets\":[%d,%d]}", it.Name, it.DType, shape, values, values+it.size())
		values += it.size()
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), values, nil
}

// Hollow writes a single file of the model whose values are all 0 and take no space on the disk:
// for what looks at names and shapes alone, at any size. dtype is as in Write.
func (m *Model) Hollow(t testing.TB, dtype string) string {
	t.Helper()
	return hollow(t, m.Name, dtype, m.pieces(), m.Metadata)
}

func hollow(t testing.TB, name, dtype string, pieces []piece, metadata map[string]string) string {
	t.Helper()
	var items []Item
	for _, p := range pieces {
		items = append(items, Item{Name: p.name, DType: dtype, Shape: p.shape, Make: func() []byte { return nil }})
	}
	header, values, err := headerOf(items, metadata)
	path := filepath.Join(t.TempDir(), name+".safetensors")
	if err == nil {
		err = os.WriteFile(path, header, 0o644)
	}
	if err == nil {
		err = os.Truncate(path, int64(len(header)+values))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// configs writes the JSON files of a diffusers folder, without the tokenizer's.
func (m *Model) configs(dir string) error {
	class := "StableDiffusionPipeline"
	if len(m.Text) == 2 {
		class = "StableDiffusionXLPipeline"
	}
	var heads any = m.Unet.Heads
	if m.Unet.HeadSize > 0 {
		per := []int{}
		for _, mult := range m.Unet.Mult {
			per = append(per, mult*m.Unet.Width/m.Unet.HeadSize)
		}
		heads = per
	}
	files := map[string]map[string]any{
		"model_index.json": {"_class_name": class},
		"unet/config.json": {"act_fn": "silu", "attention_head_dim": heads, "norm_num_groups": 32, "sample_size": 64, "use_linear_projection": m.Unet.Linear},
		"vae/config.json":  {"act_fn": "silu", "norm_num_groups": 32, "scaling_factor": m.VAE.Scale},
		"scheduler/scheduler_config.json": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
			"num_train_timesteps": 1000, "prediction_type": m.Prediction},
	}
	for i, c := range m.Text {
		act := "quick_gelu"
		if c.Open {
			act = "gelu"
		}
		name := []string{"text_encoder", "text_encoder_2"}[min(i, 1)]
		files[name+"/config.json"] = map[string]any{"hidden_act": act, "num_attention_heads": c.Heads, "eos_token_id": c.Vocabulary - 1}
	}
	for name, v := range files {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
