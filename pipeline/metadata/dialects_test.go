package metadata

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestMoreOfEveryDialect holds forms that the field's tools write and that the examples of
// examples_test.go do not have.
func TestMoreOfEveryDialect(t *testing.T) {
	graph := func(nodes string) []Text { return []Text{{"prompt", "{" + nodes + "}"}} }
	const sampler = `"1":{"class_type":"KSampler","inputs":{"seed":5,"steps":9,"cfg":3,"sampler_name":"euler","scheduler":"simple","denoise":1,"model":["2",0],"positive":["3",0],"negative":["4",0],"latent_image":["5",0]}},"2":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"a.ckpt"}},"5":{"class_type":"EmptyLatentImage","inputs":{"width":64,"height":128}}`
	ours := map[string]string{"Seed": "5", "Steps": "9", "Model": "a", "Size": "64x128"}
	cases := []struct {
		name  string
		texts []Text
		want  want
	}{
		{"bare JSON among the parameters", []Text{{"parameters", `x` + "\n" + `Steps: 20, Seed: 1, Size: 8x8, Civitai resources: [{"type":"checkpoint","weight":1},{"a":"b, c: d"}], Hashes: {"model": "0a", "lora:fog": "1b"}, Version: v1.9`}},
			want{A1111, "x", "", map[string]string{"Hashes": `{"model": "0a", "lora:fog": "1b"}`, "Civitai resources": `[{"type":"checkpoint","weight":1},{"a":"b, c: d"}]`, "Version": "v1.9"}, "", "", nil}},
		{"the first A1111", []Text{{"parameters", "x\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model hash: 7460a6fa, Batch size: 4, Batch pos: 1, Eta: 0.67"}},
			want{A1111, "x", "", map[string]string{"Model hash": "7460a6fa", "Batch pos": "1", "Eta": "0.67"}, "Euler a", "", nil}},
		{"k-diffusion's names", []Text{{"parameters", "x\nSteps: 20, Sampler: k_dpmpp_2s_ancestral, Seed: 1, Size: 8x8"}}, want{A1111, "x", "", nil, "DPM++ 2S a", "", nil}},
		{"an unknown sampler is kept", []Text{{"parameters", "x\nSteps: 20, Sampler: Turtle 9, Schedule type: Snail, Seed: 1"}}, want{A1111, "x", "", map[string]string{"Sampler": "Turtle 9"}, "Turtle 9", "Snail", nil}},
		{"joined names of three words", []Text{{"parameters", "x\nSteps: 20, Sampler: DPM++ 3M SDE SGM Uniform, Seed: 1"}}, want{A1111, "x", "", nil, "DPM++ 3M SDE", "SGM Uniform", nil}},
		{"sd.cpp without its JSON", []Text{{"parameters", "x\nSteps: 20, CFG scale: 7.000000, Seed: 42, Size: 512x512, Model: b.safetensors, RNG: cuda, Sampler: dpm++2m karras, Version: stable-diffusion.cpp"}},
			want{SDCpp, "x", "", map[string]string{"Model": "b.safetensors"}, "DPM++ 2M", "Karras", nil}},
		{"sd.cpp's JSON in the middle", []Text{{"parameters", `x` + "\n" + `Steps: 2, SDCPP: {"sampler": "euler", "n": [1, 2]}, Seed: 4, Size: 8x8`}}, want{SDCpp, "x", "", map[string]string{"SDCPP": `{"sampler": "euler", "n": [1, 2]}`, "Seed": "4"}, "", "", nil}},
		{"an unquoted Dream", []Text{{"Dream", `paper whale -s25 -S33 -W512 --height=640 -C7.5 -A k_lms --seamless`}}, want{InvokeAI, "paper whale", "", map[string]string{"Size": "512x640", "Steps": "25"}, "LMS", "", nil}},
		{"InvokeAI in camel case", []Text{{"invokeai_metadata", `{"positivePrompt":"p","cfgScale":4,"steps":3,"scheduler":"ddim","seed":9,"rand_device":"cuda"}`}}, want{InvokeAI, "p", "", map[string]string{"CFG scale": "4", "RNG": "GPU"}, "DDIM", "", nil}},
		{"a negative that says nothing", graph(sampler + `,"3":{"class_type":"CLIPTextEncode","inputs":{"text":"kite"}},"4":{"class_type":"ConditioningZeroOut","inputs":{"conditioning":["3",0]}}`), want{ComfyUI, "kite", "", ours, "Euler", "Simple", nil}},
		{"joined texts", graph(sampler + `,"3":{"class_type":"CLIPTextEncode","inputs":{"text":["6",0]}},"6":{"class_type":"StringConcatenate","inputs":{"string_a":["7",0],"string_b":"sky","delimiter":", "}},"7":{"class_type":"PrimitiveString","inputs":{"value":"kite"}},"4":{"class_type":"CLIPTextEncode","inputs":{"text":"rain"}}`),
			want{ComfyUI, "kite, sky", "rain", ours, "Euler", "Simple", nil}},
		{"reroutes", graph(strings.Replace(sampler, `"model":["2",0]`, `"model":["8",0]`, 1) + `,"8":{"class_type":"Reroute","inputs":{"":["2",0]}},"3":{"class_type":"CLIPTextEncode","inputs":{"text":"kite"}},"4":{"class_type":"CLIPTextEncode","inputs":{"text":""}}`),
			want{ComfyUI, "kite", "", ours, "Euler", "Simple", nil}},
		{"a loader that reads the prompts", graph(strings.Replace(strings.Replace(sampler, `"positive":["3",0]`, `"positive":["9",1]`, 1), `"negative":["4",0]`, `"negative":["9",2]`, 1) + `,"9":{"class_type":"Efficient Loader","inputs":{"ckpt_name":"a.ckpt","positive":"kite","negative":"rain"}}`),
			want{ComfyUI, "kite", "rain", ours, "Euler", "Simple", nil}},
		{"clip skip in a graph", graph(sampler + `,"10":{"class_type":"CLIPSetLastLayer","inputs":{"stop_at_clip_layer":-2}}`), want{ComfyUI, "", "", map[string]string{"Clip skip": "2"}, "Euler", "Simple", nil}},
		{"a graph in EXIF", []Text{{"UserComment", "{" + sampler + "}"}}, want{ComfyUI, "", "", ours, "Euler", "Simple", nil}},
		{"a graph inside JSON in EXIF", []Text{{"UserComment", `{"prompt":{` + sampler + `},"extra":1}`}}, want{ComfyUI, "", "", ours, "Euler", "Simple", nil}},
		{"newer links", []Text{{"workflow", `{"nodes":[{"id":1,"type":"KSampler","widgets_values":[5,"fixed",9,3,"euler","simple",1],"inputs":[{"name":"positive","link":7}]},{"id":2,"type":"CLIPTextEncode","widgets_values":["kite"]}],"links":[{"id":7,"origin_id":2,"origin_slot":0,"target_id":1,"target_slot":1}]}`}},
			want{ComfyUI, "kite", "", map[string]string{"Seed": "5"}, "Euler", "Simple", nil}},
		{"NovelAI 4", []Text{{"Software", "NovelAI"}, {"Source", "NovelAI Diffusion V4 37442FCA"}, {"Description", "blue fox"}, {"Comment", `{"prompt":"blue fox","uc":"bad","steps":28,"sampler":"k_dpmpp_2m","noise_schedule":"karras","scale":5,"seed":9,"width":832,"height":1216,"cfg_rescale":0.2,"v4_prompt":{"caption":{"base_caption":"blue fox"}}}`}},
			want{NovelAI, "blue fox", "bad", map[string]string{"Size": "832x1216", "Model": "NovelAI Diffusion V4 37442FCA", "cfg_rescale": "0.2"}, "DPM++ 2M", "Karras", nil}},
		{"a description in EXIF", []Text{{"ImageDescription", a2}}, want{A1111, "[oak:(snowy oak:1.2):0.4] on a hill", "", map[string]string{"Seed": "7"}, "Euler a", "", nil}},
	}
	for _, c := range cases {
		r, notes := Read(c.texts)
		check(t, c.name, r, c.want)
		if len(notes) > 0 {
			t.Errorf("%s: notes %q", c.name, notes)
		}
	}
}

func TestWhatIsNotUnderstoodIsKept(t *testing.T) {
	for _, c := range []struct {
		text Text
		want []string
	}{
		{Text{"invokeai_metadata", `{"positive_prompt":"p","steps":3,"controlnets":[{"image":"x","weight":0.5}],"ref_images":[],"regions":{"a":1},"note":null}`}, []string{`controlnets: [{"image":"x","weight":0.5}]`, `regions: {"a":1}`}},
		{Text{"prompt", `{"1":{"class_type":"KSampler","inputs":{"steps":9,"sampler_name":"euler","positive":["2",0]}},"2":{"class_type":"ControlNetApply","inputs":{"strength":0.5,"conditioning":["3",0]}},"3":{"class_type":"CLIPTextEncode","inputs":{"text":"k"}}}`}, []string{`node 2, ControlNetApply: {"conditioning":["3",0],"strength":0.5}`}},
		{Text{"Dream", `"p" -s 3 -G 0.8 --hires`}, []string{"-G", "0.8", "--hires"}},
		{Text{"parameters", "p\nSteps: 1, Seed: 2, (?), Size: 8x8, = 4"}, []string{"(?)", "= 4"}},
	} {
		r, _ := Read([]Text{c.text})
		if r == nil || !reflect.DeepEqual(r.Unread, c.want) || r.Source != c.text {
			t.Errorf("%s: unread %q, want %q, and the text itself in Source", c.text.Text, r.Unread, c.want)
		}
	}
}

// TestHostileGraphsEndSoon: walks over rings, long chains and thousands of starts together
// stay within one bound.
func TestHostileGraphsEndSoon(t *testing.T) {
	const n = maxNodes
	chain, starts, ring := "{", "{", "{"
	var a, b, c strings.Builder
	for i := range n {
		fmt.Fprintf(&a, `"%d":{"class_type":"X","inputs":{"text":["%d",0],"conditioning":["%d",0],"samples":["%d",0]}},`, i, (i+n/2)%n, i+1, i+1)
		fmt.Fprintf(&b, `"%d":{"class_type":"SaveImage","inputs":{"images":["%d",0]}},`, i, (i+1)%n)
		fmt.Fprintf(&c, `"%d":{"class_type":"KSampler","inputs":{"steps":["%d",0],"sampler_name":["%d",0],"positive":["%d",0],"text":["%d",0],"text_g":["%d",0],"model":["%d",0]}},`, i, (i+7)%n, (i+11)%n, (i+1)%n, (i*3)%n, (i*5)%n, (i+1)%n)
	}
	for name, text := range map[string]string{"chain": chain + a.String(), "starts": starts + b.String(), "ring": ring + c.String()} {
		text = strings.TrimSuffix(text, ",") + "}"
		began := time.Now()
		Read([]Text{{"prompt", text}})
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	large := "{" + a.String() + `"more":{}}`
	if r, notes := Read([]Text{{"prompt", large}}); r != nil || len(notes) != 1 || !strings.Contains(notes[0], "10001 nodes, want at most 10000") {
		t.Errorf("a larger graph: %v, %q", r, notes)
	}
}

// TestPathsAndNamesAreTakenOut of what a foreign recipe brings along.
func TestPathsAndNamesAreTakenOut(t *testing.T) {
	r := ParseA1111("p\nSteps: 1, Seed: 2, Model: /home/someone/models/a.safetensors, VAE: \"C:\\\\Users\\\\someone\\\\b.ckpt\", Ref: ~/someone/c.png, Version: v1, User: someone")
	f := CameWith(r)
	if strings.Contains(f.Text, "someone") || !strings.Contains(f.Text, "Model: a") || !strings.Contains(f.Text, "VAE: b") {
		t.Errorf("text %q", f.Text)
	}
	if got := f.Recipe("ours"); got.Prompt != "p" || got.Value("Seed") != "2" || got.Value("Version") != "v1" {
		t.Errorf("read back as %+v", got)
	}
}

func TestAFillIsWrittenInA1111sWords(t *testing.T) {
	f := Fill{Rect: Rect{0, 0, 9, 9}, Task: "inpaint", Engine: "diffusion", Prompt: "p", Negative: "n", Seed: 4, Steps: 3, CFG: 7, Sampler: "DPM++ 2M", Schedule: "Karras", Strength: 0.75,
		ClipSkip: 2, RNG: "cpu", Width: 512, Height: 512, Model: "m", ModelHash: "0a1b2c3d4e", VariationSeed: 8, VariationStrength: 0.25, Tiling: true,
		Mask: &Mask{Area: "Only masked", Padding: 32, Blur: 4, Content: "original"}}
	want := "p\nNegative prompt: n\nSteps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 4, Size: 512x512, Model hash: 0a1b2c3d4e, Model: m, Variation seed: 8, Variation seed strength: 0.25, " +
		"Denoising strength: 0.75, Clip skip: 2, RNG: CPU, Tiling, Mask mode: Inpaint masked, Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32, Masked content: original, Version: ours"
	if got := f.Recipe("ours").Text(); got != want {
		t.Errorf("wrote %q\nwant  %q", got, want)
	}
}

// TestTheMainFillIsTheOneThatShowsMost, not the one with the largest rectangle.
func TestTheMainFillIsTheOneThatShowsMost(t *testing.T) {
	d := &Document{Program: "ours", Width: 100, Height: 100}
	d.Add(Fill{Rect: Rect{0, 0, 100, 100}, Prompt: "large but painted over", Shows: 40})
	d.Add(Fill{Rect: Rect{0, 0, 10, 10}, Prompt: "small and whole", Shows: 100})
	if f := d.Main(); f.Prompt != "small and whole" {
		t.Errorf("the main fill is %q", f.Prompt)
	}
	d.Origin, d.OriginShows = a1, 101
	if got := d.Texts()[0].Text; got != a1 {
		t.Errorf("parameters %q, want those of the picture that shows most", got)
	}
	d.OriginShows = 99
	if got := d.Texts()[0].Text; !strings.HasPrefix(got, "small and whole") {
		t.Errorf("parameters %q, want the fill's", got)
	}
}

// TestParametersDescribeTheLargestFillWithAPrompt: a large place where something was merely
// removed does not hide what was asked for elsewhere, nor the recipe that the picture came with.
func TestParametersDescribeTheLargestFillWithAPrompt(t *testing.T) {
	d := &Document{Program: "ours", Width: 100, Height: 100}
	d.Add(Fill{Rect: Rect{0, 0, 20, 20}, Engine: "diffusion", Prompt: "a gate"})
	d.Add(Fill{Rect: Rect{0, 0, 10, 10}, Engine: "diffusion", Prompt: "a cat"})
	d.Add(Fill{Rect: Rect{0, 0, 100, 100}, Engine: "content"})
	if got := d.Texts()[0].Text; !strings.HasPrefix(got, "a gate") {
		t.Errorf("parameters %q, want the gate's", got)
	}
	if r := d.recipe(); r.Prompt != "a gate" {
		t.Errorf("read back as %q", r.Prompt)
	}
	d = &Document{Program: "ours", Width: 100, Height: 100, Origin: a1}
	d.Add(Fill{Rect: Rect{0, 0, 90, 100}, Engine: "content"})
	if got := d.Texts()[0].Text; got != a1 {
		t.Errorf("parameters %q, want those that the picture came with", got)
	}
	d.Origin = ""
	if got := d.Texts()[0].Text; !strings.Contains(got, "Engine: content") {
		t.Errorf("parameters %q, want the only fill's", got)
	}
}
