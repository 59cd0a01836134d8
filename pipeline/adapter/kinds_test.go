package adapter

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// kindCase is a module of one kind and what it changes a weight by, from the programs that
// define it: every step-th value and the length of all.
type kindCase struct {
	Case, Weight, Prefix, Seed string
	Strength                   float64
	Ranks, Step                int
	Tensors                    [][4]any // key, shape, rule and its number
	Values                     []float32
	L2                         float64
}

func kindCases(t *testing.T) (all []kindCase) {
	t.Helper()
	data, err := os.ReadFile("testdata/kinds.json")
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// items are the module's tensors with made-up values.
func (c kindCase) items() (out []pipelinetest.Item) {
	for _, row := range c.Tensors {
		key, number := row[0].(string), row[3].(float64)
		var shape []int
		for _, d := range row[1].([]any) {
			shape = append(shape, int(d.(float64)))
		}
		v := pipelinetest.Uniform(c.Seed+key, 1, shape...).Data
		for i := range v {
			switch row[2] {
			case "const":
				v[i] = float32(number)
			case "norm":
				v[i] = 1 + v[i]*0.1
			default:
				v[i] *= float32(number)
			}
		}
		out = append(out, pipelinetest.NewItem(c.Prefix+key, "F32", v, shape...))
	}
	return out
}

// change is what a file changes the case's weight by.
func (c kindCase) change(t *testing.T, ck *checkpoint.Checkpoint, f *File) []float32 {
	t.Helper()
	part, name := ck.Denoiser, strings.TrimPrefix(c.Weight, "model.diffusion_model.")
	if text, ok := strings.CutPrefix(c.Weight, "cond_stage_model.transformer.text_model."); ok {
		part, name = ck.Text[0], text
	}
	if left, err := f.Without(ck.Denoiser, ck.Text[0]); err != nil || len(left) > 0 {
		t.Errorf("%s: modules %q have no place, error %v", c.Case, left, err)
	}
	got, err := Change(part, name, Use{File: f, Strength: c.Strength, Ranks: c.Ranks})
	if err != nil {
		t.Errorf("%s: %v", c.Case, err)
	}
	return got
}

// compare holds a change against the reference.
func (c kindCase) compare(t *testing.T, got []float32, most float64) {
	t.Helper()
	var some []float32
	sum := 0.0
	for i, v := range got {
		sum += float64(v) * float64(v)
		if i%c.Step == 0 && len(some) < len(c.Values) {
			some = append(some, v)
		}
	}
	if len(some) != len(c.Values) {
		t.Errorf("%s: %d values", c.Case, len(got))
		return
	}
	if e, l := pipelinetest.Relative(some, c.Values), math.Abs(math.Sqrt(sum)/c.L2-1); e > most || l > most {
		t.Errorf("%s: relative error %.2g, of the length %.2g, want at most %g", c.Case, e, l, most)
	}
}

func openItems(t *testing.T, items []pipelinetest.Item) *File {
	t.Helper()
	path := t.TempDir() + "/an.safetensors"
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestChangesOfAllKindsAgreeWithTheReferences(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	cases := kindCases(t)
	if len(cases) < 80 {
		t.Fatalf("%d cases, want those of every kind", len(cases))
	}
	for _, c := range cases {
		c.compare(t, c.change(t, ck, openItems(t, c.items())), 3e-6)
	}
}

// One file may hold modules of every kind. Each case has a module of its own here, by the name
// of another text layer or block where two are of one weight, so what is compared is one kind's.
func TestAFileMayMixKinds(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	var items []pipelinetest.Item
	var in []kindCase
	taken := map[string]bool{}
	for _, c := range slices.Backward(kindCases(t)) {
		if at := c.Prefix; !taken[at] && c.Ranks == 0 {
			taken[at] = true
			in, items = append(in, c), append(items, c.items()...)
		}
	}
	// Two kinds in one module: its weight by LoRA, its bias as a whole.
	const conv = "lora_unet_down_blocks_2_resnets_0_conv1"
	items = append(items, pipelinetest.NewItem(conv+".lora_up.weight", "F32", make([]float32, 128*2), 128, 2, 1, 1),
		pipelinetest.NewItem(conv+".lora_down.weight", "F32", make([]float32, 2*64*9), 2, 64, 3, 3),
		pipelinetest.NewItem(conv+".diff_b", "F32", slices.Repeat([]float32{0.5}, 128), 128))
	f := openItems(t, items)
	for _, c := range in {
		c.compare(t, c.change(t, ck, f), 3e-6)
	}
	bias, err := Change(ck.Denoiser, "input_blocks.7.0.in_layers.2.bias", Use{File: f, Strength: 2})
	if err != nil || len(bias) != 128 || bias[0] != 1 || bias[127] != 1 {
		t.Errorf("the bias changes by %v, %v; want 1", bias, err)
	}
	if len(in) < 12 {
		t.Errorf("%d modules, want more", len(in))
	}
}

// Trainers write half precision, torch's files, and their own words for a key.
func TestTypesAndSpellingsMeanTheSame(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	cases := kindCases(t)
	c := cases[slices.IndexFunc(cases, func(c kindCase) bool { return c.Case == "lora_noalpha.linear.0.8" })]
	_, shortDown, _ := strings.Cut(c.items()[0].Name, ".")
	if shortDown != "lora_down.weight" {
		t.Fatalf("the first tensor is %s", shortDown)
	}
	down, up := c.items()[0], c.items()[1]
	for _, names := range [][2]string{
		{"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight", "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight"},
		{"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight", "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up.weight"},
		{"down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q.lora.down.weight", "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q.lora.up.weight"},
		{"base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.default.weight", "base_model.model.unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight"},
		{"lycoris_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight", "lycoris_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_up.weight"},
	} {
		down.Name, up.Name = names[0], strings.Replace(names[1], "base_model.model.unet.", "base_model.model.", 1)
		c.compare(t, c.change(t, ck, openItems(t, []pipelinetest.Item{down, up})), 3e-6)
	}
	for _, stream := range []bool{false, true} {
		path := t.TempDir() + "/an.pt"
		if err := pipelinetest.WriteTorch(path, c.items(), stream); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		c.compare(t, c.change(t, ck, f), 3e-6)
	}
	for dtype, most := range map[string]float64{"F16": 1e-3, "BF16": 1e-2} {
		items := c.items()
		for i, it := range items {
			v, _ := checkpoint.Widen(it.Data, 1)
			items[i] = pipelinetest.NewItem(it.Name, dtype, v, it.Shape...)
		}
		c.compare(t, c.change(t, ck, openItems(t, items)), most)
	}
}
