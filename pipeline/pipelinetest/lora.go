package pipelinetest

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// WriteLoRA writes a made-up LoRA for the model into a folder and returns its path: the
// linear and 1×1 modules of all attention blocks and text layers, in kohya's names, alpha
// half the rank. NAME of a tensor is "lora:" and its key; down is u·√(3/in), up 0.3·u.
func (m *Model) WriteLoRA(t testing.TB, dir, name string, rank int) string {
	t.Helper()
	var items []Item
	add := func(key string, scale float32, shape ...int) {
		v := Uniform("lora:"+key, 1, shape...).Data
		for i := range v {
			v[i] *= scale
		}
		items = append(items, NewItem(key, "F32", v, shape...))
	}
	for _, p := range m.pieces() {
		for _, at := range p.folder {
			module, ok := m.loraModule(at)
			if !ok {
				continue
			}
			out, in := at.shape[0], at.shape[1]
			kernel := at.shape[2:]
			items = append(items, NewItem(module+".alpha", "F32", []float32{float32(rank) / 2}))
			add(module+".lora_down.weight", float32(math.Sqrt(3/float64(in))), append([]int{rank, in}, kernel...)...)
			add(module+".lora_up.weight", 0.3, append([]int{out, rank}, kernel...)...)
		}
	}
	path := filepath.Join(dir, name+".safetensors")
	if err := WriteSafetensors(path, items, map[string]string{"ss_network_module": "networks.lora"}); err != nil {
		t.Fatal(err)
	}
	return path
}

// loraModule is kohya's name of a weight that a LoRA changes.
func (m *Model) loraModule(at place) (string, bool) {
	module, weight := strings.CutSuffix(at.name, ".weight")
	if !weight || len(at.shape) < 2 || len(at.shape) == 4 && at.shape[2] != 1 {
		return "", false
	}
	prefix := ""
	switch dir := filepath.Dir(at.file); {
	case dir == "unet" && strings.Contains(module, "attentions."):
		prefix = "lora_unet_"
	case dir == "text_encoder" && strings.Contains(module, "encoder.layers."):
		if prefix = "lora_te_"; len(m.Text) == 2 {
			prefix = "lora_te1_"
		}
	case dir == "text_encoder_2" && strings.Contains(module, "encoder.layers."):
		prefix = "lora_te2_"
	}
	return prefix + strings.ReplaceAll(module, ".", "_"), prefix != ""
}
