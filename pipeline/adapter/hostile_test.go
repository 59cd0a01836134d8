package adapter

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

const (
	toQ  = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q" // [32, 32]
	conv = "lora_unet_input_blocks_4_0_in_layers_2"                     // [64, 32, 3, 3]
)

// refusal opens a file and merges it, and returns the first error.
func refusal(ck *checkpoint.Checkpoint, path string) error {
	f, err := Open(path)
	if err == nil {
		if _, err = f.Without(ck.Denoiser, ck.Text[0]); err == nil {
			_, err = Over(context.Background(), ck.Denoiser, Use{File: f, Strength: 1})
		}
	}
	return err
}

// shapes of tensors by key.
type shapes map[string][]int

// Every way in which a file's modules do not fit ends in an error that says which module, what
// it has and what is wanted, never in a panic.
func TestErrorsNameWhatDoesNotFit(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	huge := 1 << 20
	for _, c := range []struct {
		want   string
		module string
		keys   shapes
	}{
		{"of a known kind", toQ, shapes{"weight": {3}}},
		{"of a known kind", toQ, shapes{"alpha": {}}},
		{`.rescale" and 0 more have no place`, toQ, shapes{"lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}, "rescale": {32}}},
		{`.strange" and 0 more have no place`, toQ, shapes{"lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}, "strange": {32}}},
		{"both are lora_up.weight", toQ, shapes{"lora_up.weight": {32, 2}, "lora_B.weight": {32, 2}, "lora_down.weight": {2, 32}}},
		{"up [32 2] times down [], want a weight", toQ, shapes{"lora_up.weight": {32, 2}}},
		{"up [] times down [2 32], want a weight", toQ, shapes{"lora_down.weight": {2, 32}}},
		{"up [32 2] times down [3 32], want a weight", toQ, shapes{"lora_up.weight": {32, 2}, "lora_down.weight": {3, 32}}},
		{"want a weight of shape [32 32]", toQ, shapes{"lora_up.weight": {64, 2}, "lora_down.weight": {2, 32}}},
		{"want a weight of shape [32 32]", toQ, shapes{"lora_up.weight": {32, 2, 3, 3}, "lora_down.weight": {2, 32}}},
		{"has shape [0 32], want at least one value", toQ, shapes{"lora_up.weight": {32, 0}, "lora_down.weight": {0, 32}}},
		{"want at least one value", toQ, shapes{"lora_up.weight": {32, 0, huge, huge, huge, huge}, "lora_down.weight": {0, 32, huge, huge, huge}}},
		{"alpha has shape [2]", toQ, shapes{"lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}, "alpha": {2}}},
		{"dora_scale of shape [3 1]", toQ, shapes{"lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}, "dora_scale": {3, 1}}},
		{"has no lora_down.weight", conv, shapes{"lora_up.weight": {64, 2, 1, 1}, "lora_mid.weight": {2, 2, 3, 3}}},
		{"mid [2 3 3 3]", conv, shapes{"lora_up.weight": {64, 2, 1, 1}, "lora_mid.weight": {2, 3, 3, 3}, "lora_down.weight": {2, 32, 1, 1}}},
		{"mid [2 2]", conv, shapes{"lora_up.weight": {64, 2, 1, 1}, "lora_mid.weight": {2, 2}, "lora_down.weight": {2, 32, 1, 1}}},
		{"has no hada_w2_a", toQ, shapes{"hada_w1_a": {32, 2}, "hada_w1_b": {2, 32}}},
		{"has no hada_w1_b", toQ, shapes{"hada_w1_a": {32, 2}}},
		{"hada_w2_a [32] times hada_w2_b [2 32]", toQ, shapes{"hada_w1_a": {32, 2}, "hada_w1_b": {2, 32}, "hada_w2_a": {32}, "hada_w2_b": {2, 32}}},
		{"hada_t2 [2 2 2 2]", conv, shapes{"hada_t1": {2, 2, 3, 3}, "hada_w1_a": {2, 64}, "hada_w1_b": {2, 32}, "hada_t2": {2, 2, 2, 2}, "hada_w2_a": {2, 64}, "hada_w2_b": {2, 32}}},
		{"has no lokr_w1_a", toQ, shapes{"lokr_w2": {8, 8}}},
		{"has no lokr_w2_b", toQ, shapes{"lokr_w1": {4, 4}, "lokr_w2_a": {8, 2}}},
		{"lokr_w1 of shape [5 4]", toQ, shapes{"lokr_w1": {5, 4}, "lokr_w2": {8, 8}}},
		{"lokr_w1 of shape []", toQ, shapes{"lokr_w1": {}, "lokr_w2": {8, 8}}},
		{"lokr_w2 of shape [8 4], want [8 8]", toQ, shapes{"lokr_w1": {4, 4}, "lokr_w2": {8, 4}}},
		{"two matrices", toQ, shapes{"lokr_w1_a": {4}, "lokr_w1_b": {4}, "lokr_w2": {8, 8}}},
		{"has no b2.weight", toQ, shapes{"a1.weight": {2, 32}, "a2.weight": {32, 2}, "b1.weight": {2, 32}}},
		{"a1 [2 31]", toQ, shapes{"a1.weight": {2, 31}, "a2.weight": {32, 2}, "b1.weight": {2, 32}, "b2.weight": {32, 2}}},
		{"has no weight", toQ, shapes{"on_input": {}}},
		{"a factor of shape [31]", toQ, shapes{"on_input": {}, "weight": {31}}},
		{"on_input has shape [2]", toQ, shapes{"on_input": {2}, "weight": {32}}},
		{"want 32 values", conv, shapes{"on_input": {}, "weight": {64}}},
		{"oft_blocks of shape [4 8]", toQ, shapes{"oft_blocks": {4, 8}}},
		{"oft_blocks of shape [4 8 7]", toQ, shapes{"oft_blocks": {4, 8, 7}}},
		{"oft_blocks of shape [3 8 8]", toQ, shapes{"oft_blocks": {3, 8, 8}}},
		{"want turns that divide 32", toQ, shapes{"oft_blocks": {40, 4, 8, 8}}},
		{"rescale of shape [3]", toQ, shapes{"oft_blocks": {4, 8, 8}, "rescale": {3}}},
		{"diff of shape [32], want that of the weight, [32 32]", toQ, shapes{"diff": {32}}},
		{"diff of shape [16 64]", toQ, shapes{"diff": {16, 64}}},
		{"b_norm of shape [2]", "lora_unet_input_blocks_1_0_in_layers_0", shapes{"b_norm": {2}}},
		{`both change "input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight"`, toQ, shapes{"diff": {32, 32}, "lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}}},
		{`module "lora_te9_x": and 0 more of 1 have`, "lora_te9_x", shapes{"lora_up.weight": {1, 1}}},
	} {
		named := map[string][]int{}
		for key, shape := range c.keys {
			named[c.module+"."+key] = shape
		}
		err := refusal(ck, write(t, named))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), `adapter "an.safetensors": `) {
			t.Errorf("%v: error %v, want one that says %s", c.keys, err, c.want)
		}
		if strings.Contains(c.want, "has no ") && fault.Hint(err) != "The file is incomplete: get it again." {
			t.Errorf("%v: hint %q", c.keys, fault.Hint(err))
		}
	}
}

// One module under two of its names would be applied twice.
func TestAModuleNamedTwiceIsRefused(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	const other = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
	err := refusal(ck, write(t, map[string][]int{toQ + ".lora_up.weight": {32, 2}, toQ + ".lora_down.weight": {2, 32},
		other + ".lora_up.weight": {32, 2}, other + ".lora_down.weight": {2, 32}}))
	if want := fmt.Sprintf("modules %q and %q both change", other, toQ); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that says %s", err, want)
	}
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	ones := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = 1
		}
		return v
	}
	for _, c := range []struct {
		key   string
		value float32
	}{{"alpha", nan}, {"alpha", inf}, {"lora_up.weight", nan}, {"lora_down.weight", inf}, {"dora_scale", nan}, {"scalar", nan}} {
		var items []pipelinetest.Item
		for key, shape := range map[string][]int{"alpha": {}, "lora_up.weight": {32, 2}, "lora_down.weight": {2, 32}, "dora_scale": {32, 1}, "scalar": {}} {
			n := 1
			for _, d := range shape {
				n *= d
			}
			v := ones(n)
			if key == c.key {
				v[n-1] = c.value
			}
			items = append(items, pipelinetest.NewItem(toQ+"."+key, "F32", v, shape...))
		}
		path := filepath.Join(t.TempDir(), "an.safetensors")
		if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
			t.Fatal(err)
		}
		err := refusal(ck, path)
		if want := fmt.Sprintf("module %q: %s holds %g, want finite numbers", toQ, c.key, c.value); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%s %g: error %v, hint %q; want %s", c.key, c.value, err, fault.Hint(err), want)
		}
	}
}

// A file that is no adapter is refused in words, whatever it is.
func TestFilesThatAreNoAdaptersAreRefused(t *testing.T) {
	m, ck := tiny(t, "tiny15")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	embedding := filepath.Join(dir, "embedding.pt")
	if err := pipelinetest.WriteTorch(embedding, []pipelinetest.Item{pipelinetest.NewItem("emb_params", "F32", make([]float32, 128), 1, 128)}, false); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file("empty.safetensors", ""):                                       "neither a safetensors file nor one of torch",
		file("none.safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}"):      "holds no adapter of a known kind",
		file("cut.safetensors", "\xff\x00\x00\x00\x00\x00\x00\x00{\"a\":{"): "neither a safetensors file nor one of torch",
		file("page.pt", "<html><body>Sign in</body></html>"):                "",
		m.Write(t, "single", "F32"):                                         "holds no adapter of a known kind",
		embedding:                                                           "holds no adapter of a known kind",
	} {
		if err := refusal(ck, path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: error %v, want one that names the file and says %q", filepath.Base(path), err, want)
		}
	}
}

// Opening and merging take memory in the order of the file and the weights it changes, whatever
// its ranks are.
func TestRanksOfAnySizeTakeLittleMemory(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	const r = 3000
	path := write(t, map[string][]int{conv + ".lora_up.weight": {64, r, 1, 1}, conv + ".lora_down.weight": {4, 32, 1, 1}, conv + ".lora_mid.weight": {r, 4, 3, 3}})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := refusal(ck, path); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20+8*uint64(info.Size()) {
		t.Errorf("%d bytes for a file of %d", used, info.Size())
	}
}
