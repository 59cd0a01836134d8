package adapter

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// TestBlocksAsTheExtensionReadsThem holds lists, names and rules to what hako-mikan's
// extension makes of them (testdata/blocks.json).
func TestBlocksAsTheExtensionReadsThem(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "blocks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Expand    []struct{ In, To26 []float64 }
		Presets17 map[string][]float64
		Elemental []struct {
			Elemental string
			Ratios26  []float64
			Result    map[string]float64
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Expand) == 0 || len(golden.Elemental) == 0 {
		t.Fatal(err)
	}
	for _, c := range golden.Expand {
		b, err := NewBlocks(c.In, "")
		if err != nil || !slices.Equal(b.Ratios[:], c.To26) {
			t.Errorf("%v: %v, want %v (%v)", c.In, b.Ratios, c.To26, err)
		}
	}
	for _, c := range golden.Elemental {
		b, err := NewBlocks(c.Ratios26, c.Elemental)
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range c.Result {
			if got := b.Of(key); got != want {
				t.Errorf("%s: %s has %v, want %v", c.Elemental, key, got, want)
			}
		}
	}
	if len(golden.Presets17) != len(builtIn) {
		t.Errorf("%d lists, want %d", len(builtIn), len(golden.Presets17))
	}
	for name, want := range golden.Presets17 {
		text, _ := Presets{}.list(name, []int{17, 26})
		if got, err := numbers(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v (%v)", name, got, want, err)
		}
	}
}

// part is a denoiser with so many blocks on the way down.
func part(blocks int) *checkpoint.Part {
	p := &checkpoint.Part{Role: "denoiser", Tensors: map[string]checkpoint.Tensor{}}
	for i := range blocks {
		p.Tensors[fmt.Sprintf("input_blocks.%d.0.weight", i)] = checkpoint.Tensor{}
	}
	return p
}

// TestBlockWeightsFitTheModel: numbers for another family are an error that names both counts
// and the family, and so is a name that nobody knows; the built-in names are for all.
func TestBlockWeightsFitTheModel(t *testing.T) {
	for _, c := range []struct {
		blocks         int
		text, elements string
		want           string // in the error; "" is none
	}{
		{12, "1,0,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0", "", ""},
		{12, "1,0,0,0,1,1,1,1,1,1,1,1", "", "12 numbers, want 17 or 26 for a model of Stable Diffusion 1 or 2"},
		{9, "1,0,0,0,1,1,1,1,1,1,1,1", "", ""},
		{9, "1,0,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0", "", "17 numbers, want 12, 20 or 26 for a model of SDXL"},
		{12, "OUTALL", "", ""},
		{9, "OUTALL", "ATTNDEEPOFF", ""},
		{12, "OUTSIDE", "", `"OUTSIDE": no list`},
		{12, "", "IN05-OUT05:attn:0", ""},
		{12, "", "IN05-UP05:attn:0", `"IN05-UP05"`},
		{12, "", "IN05:attn", "2 parts, want BLOCKS:ELEMENTS:RATIO"},
		{12, "", "IN05:attn:R", `ratio "R"`},
		{12, "", "NOBODY", `"NOBODY"`},
		{12, "1,0,R,0,1,1,1,1,1,1,1,1,0,0,0,0,0", "", `"R", want a number`},
		{12, "1,NaN,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0", "", `"NaN", want a number`},
		{0, "ALL", "", "no blocks of their kind"},
		{0, "", "", ""},
	} {
		_, err := Presets{}.ReadBlocks(c.text, c.elements, part(c.blocks))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d blocks, %q %q: error %v, want %q", c.blocks, c.text, c.elements, err, c.want)
		}
	}
	_, err := Presets{}.ReadBlocks("OUTSIDE", "", part(12))
	if hint := fault.Hint(err); !strings.Contains(hint, "OUTALL") || !strings.Contains(hint, presetFile) {
		t.Errorf("the hint %q names no lists", hint)
	}
}

// TestBuiltInNamesMeanTheSame in both families: what they leave out and what they leave in.
func TestBuiltInNamesMeanTheSame(t *testing.T) {
	at := func(name string, blocks int, id string) float64 {
		b, err := Presets{}.ReadBlocks(name, "", part(blocks))
		if err != nil {
			t.Fatal(err)
		}
		return b.Ratios[slices.Index(BlockIDs, id)]
	}
	// Blocks of the same size in the picture: SDXL's way up has one size less, at its start.
	for _, same := range [][2]string{{"BASE", "BASE"}, {"IN02", "IN02"}, {"IN04", "IN04"}, {"IN07", "IN07"}, {"M00", "M00"}, {"OUT03", "OUT00"}, {"OUT06", "OUT03"}, {"OUT07", "OUT04"}, {"OUT11", "OUT08"}} {
		for _, l := range builtIn {
			if a, b := at(l.name, 12, same[0]), at(l.name, 9, same[1]); a != b {
				t.Errorf("%s: %v in %s, %v in SDXL's %s", l.name, a, same[0], b, same[1])
			}
		}
	}
}

// TestOwnPresets are read from files beside the adapters, comments and broken lines left out,
// and come before the built-in ones of their names.
func TestOwnPresets(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "x.safetensors")
	lora := filepath.Join(dir, "Lora")
	if err := os.Mkdir(lora, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		presetFile:  "\ufeff#OFF:0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\nMINE: 1,.5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\nSHORT:1,0\nALL:2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2\n",
		elementFile: "NOATTN:IN01-IN05:attn:0\nM00:attn:.5\n\nNOFF::ff:0",
	} {
		if err := os.WriteFile(filepath.Join(lora, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := FindPresets(model)
	if names := p.Names([]int{17, 26}); len(names) != 11 || names[0] != "MINE" || names[1] != "ALL" {
		t.Errorf("lists %q", names)
	}
	b, err := p.ReadBlocks("MINE", "NOATTN", part(12))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{
		"diffusion_model_input_blocks_1_1_proj_in":                            .5,
		"diffusion_model_input_blocks_1_1_transformer_blocks_0_attn1_to_q":    0,
		"diffusion_model_middle_block_1_transformer_blocks_0_attn1_to_q":      .5,
		"transformer_text_model_encoder_layers_0_self_attn_q_proj":            1,
		"diffusion_model_output_blocks_11_1_transformer_blocks_0_attn1_to_q":  0,
		"diffusion_model_time_embed_0":                                        1,
		"diffusion_model_output_blocks_1_1_transformer_blocks_0_ff_net_2_pro": 0,
	} {
		if got := b.Of(key); got != want {
			t.Errorf("%s has %v, want %v", key, got, want)
		}
	}
	if b, err = p.ReadBlocks("ALL", "", part(12)); err != nil || b.Ratios[0] != 2 {
		t.Errorf("a list of the same name is not the person's: %v, %v", b.Ratios, err)
	}
	if b, err = p.ReadBlocks("ALL", "", part(9)); err != nil || b.Ratios[0] != 1 {
		t.Errorf("a list that does not fit hides the built-in one: %v, %v", b, err)
	}
	if got := b.Ratio("denoiser", "middle_block.1.proj_in.weight"); got != 1 {
		t.Errorf("the ratio of a weight is %v", got)
	}
}
