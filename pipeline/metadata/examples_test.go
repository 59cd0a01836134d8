package metadata

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// want is what an example must say.
type want struct {
	dialect, prompt, negative string
	values                    map[string]string // by Value
	solver, schedule          string
	addons                    []Addon
}

func check(t *testing.T, name string, r *Recipe, w want) {
	t.Helper()
	if r == nil {
		t.Errorf("%s: not recognised", name)
		return
	}
	if r.Dialect != w.dialect || r.Prompt != w.prompt || r.Negative != w.negative {
		t.Errorf("%s: %s, prompt %q, negative %q, want %s, %q, %q", name, r.Dialect, r.Prompt, r.Negative, w.dialect, w.prompt, w.negative)
	}
	for k, v := range w.values {
		if got := r.Value(k); got != v {
			t.Errorf("%s: %s is %q, want %q", name, k, got, v)
		}
	}
	if s, sch := r.Sampler(); s != w.solver || sch != w.schedule {
		t.Errorf("%s: sampler %q, schedule %q, want %q, %q", name, s, sch, w.solver, w.schedule)
	}
	if !reflect.DeepEqual(r.Addons, w.addons) {
		t.Errorf("%s: add-ons %v, want %v", name, r.Addons, w.addons)
	}
}

const (
	a1 = "lantern harbour at dusk, <lora:fogline:0.7>\nNegative prompt: text, frame\nSteps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 90210, Size: 768x512, Model hash: 0a1b2c3d4e, Model: harbor-v3, Lora hashes: \"fogline: 1f2e3d4c5b6a\", Version: v1.10.1"
	a2 = "[oak:(snowy oak:1.2):0.4] on a hill\nSteps: 30, Sampler: Euler a, CFG scale: 7, Seed: 7, Size: 512x512, Model hash: 99aa88bb77, Model: field, Denoising strength: 0.75, Clip skip: 2, Mask mode: Inpaint masked, Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32, Masked content: original, Version: v1.10.1"
	a3 = "city\nsecond line of prompt\nNegative prompt: blur,\nlow contrast\nSteps: 15, Sampler: DDIM, CFG scale: 5, Seed: 4294967295, Size: 640x640, Model: \"odd, name: v2\", Hires upscale: 1.5, Hires upscaler: Latent, Hires prompt: \"city\\nat night\", Version: \"ours: 0.1\""
	i1 = `{"app_version":"6.1.0","generation_mode":"outpaint","positive_prompt":"mossy gate","negative_prompt":"","width":1024,"height":768,"seed":501,"cfg_scale":7.5,"steps":30,"scheduler":"dpmpp_3m_k","clip_skip":0,"strength":0.75,"model":{"key":"aa11","hash":"blake3:00ff","name":"forest","base":"sdxl","type":"main"},"loras":[{"model":{"key":"b2","hash":"blake3:11","name":"rust","base":"sdxl","type":"lora"},"weight":0.6}]}`
	i2 = `{"app_version":"3.4.0","positive_prompt":"tin robot++","negative_prompt":"noise","seed":12,"steps":40,"scheduler":"euler_a","cfg_scale":8,"model":{"model_name":"tin-v1","base_model":"sd-1","model_type":"main"},"width":512,"height":512}`
	i3 = `"paper whale" -s 25 -S 33 -W 512 -H 512 -C 7.5 -A k_euler_a`
	c1 = `{"3":{"class_type":"KSampler","inputs":{"seed":88,"steps":22,"cfg":6,"sampler_name":"euler","scheduler":"karras","denoise":1,"model":["4",0],"positive":["6",0],"negative":["7",0],"latent_image":["5",0]}},"4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"dune.safetensors"}},"5":{"class_type":"EmptyLatentImage","inputs":{"width":640,"height":512,"batch_size":1}},"6":{"class_type":"CLIPTextEncode","inputs":{"text":"glass dune","clip":["4",1]}},"7":{"class_type":"CLIPTextEncode","inputs":{"text":"","clip":["4",1]}}}`
	c3 = `{"version":0.4,"nodes":[{"id":5,"type":"EmptyLatentImage","pos":[40,80],"widgets_values":[640,512,1]}],"links":[],"groups":[]}`
)

// c2 is c1 with a LoRA between checkpoint and sampler.
var c2 = strings.Replace(c1[:len(c1)-1], `"model":["4",0]`, `"model":["10",0]`, 1) +
	`,"10":{"class_type":"LoraLoader","inputs":{"lora_name":"kelp.safetensors","strength_model":0.8,"strength_clip":0.5,"model":["4",0],"clip":["4",1]}}}`

func TestExamplesOfEveryDialectSayWhatTheyMean(t *testing.T) {
	old := `{"model":"stable diffusion","model_weights":"/home/someone/sd-v1.4.ckpt","app_version":"v2.2.0","image":{"prompt":[{"prompt":"tin [bucket]","weight":1}],"steps":50,"cfg_scale":7.5,"seed":1234567890123,"width":512,"height":704,"sampler":"k_dpm_2_a"}}`
	cpp := "a, b\nNegative prompt: c\nSteps: 20, CFG scale: 7, Guidance: 3.5, Eta: 0, Seed: 42, Size: 512x768, Model: a.safetensors, RNG: cuda, Sampler: euler_a karras, Version: stable-diffusion.cpp, SDCPP: {\"x\": [1, 2], \"y\": \"a: b\"}"
	krita := "moor\nNegative prompt: fog\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 512x512, Model hash: unknown, Model: m, Denoising strength: 0.5"
	nai := []Text{{"Software", "NovelAI"}, {"Description", "blue fox"}, {"Comment", `{"steps":28,"sampler":"k_euler_ancestral","seed":99,"scale":11,"uc":"bad","strength":0.7,"noise":0.2}`}}
	cases := []struct {
		name  string
		texts []Text
		want  want
	}{
		{"A1111 1", []Text{{"parameters", a1}}, want{A1111, "lantern harbour at dusk, <lora:fogline:0.7>", "text, frame", map[string]string{
			"Steps": "24", "CFG scale": "6.5", "Seed": "90210", "Size-1": "768", "Size-2": "512", "Model hash": "0a1b2c3d4e", "Model": "harbor-v3", "Lora hashes": "fogline: 1f2e3d4c5b6a",
			"Version": "v1.10.1", "Clip skip": "1", "RNG": "GPU", "Masked area padding": "32"}, "DPM++ 2M", "Karras", nil}},
		{"A1111 2", []Text{{"parameters", a2}}, want{A1111, "[oak:(snowy oak:1.2):0.4] on a hill", "", map[string]string{
			"Denoising strength": "0.75", "Clip skip": "2", "Mask blur": "4", "Inpaint area": "Only masked", "Schedule type": "Automatic"}, "Euler a", "", nil}},
		{"A1111 3", []Text{{"parameters", a3}}, want{A1111, "city\nsecond line of prompt", "blur,\nlow contrast", map[string]string{
			"Seed": "4294967295", "Model": "odd, name: v2", "Hires prompt": "city\nat night", "Version": "ours: 0.1", "Hires upscale": "1.5"}, "DDIM", "", nil}},
		{"A1111 joined name", []Text{{"parameters", "x\nSteps: 1, Sampler: DPM++ 2M SDE Karras, Seed: 2, Hypernet: h, Version: 1.5.2"}}, want{A1111, "x", "", map[string]string{"Sampler": "DPM++ 2M SDE Karras"}, "DPM++ 2M SDE", "Karras", nil}},
		{"sd.cpp", []Text{{"parameters", cpp}}, want{SDCpp, "a, b", "c", map[string]string{
			"Seed": "42", "Guidance": "3.5", "SDCPP": `{"x": [1, 2], "y": "a: b"}`, "RNG": "cuda"}, "Euler a", "Karras", nil}},
		{"Krita", []Text{{"parameters", krita}}, want{A1111, "moor", "fog", map[string]string{"Model hash": "unknown", "Denoising strength": "0.5"}, "DPM++ 2M", "Karras", nil}},
		{"InvokeAI 1", []Text{{"invokeai_metadata", i1}}, want{InvokeAI, "mossy gate", "", map[string]string{
			"Size": "1024x768", "Seed": "501", "CFG scale": "7.5", "Steps": "30", "Denoising strength": "0.75", "Model": "forest", "Model hash": "blake3:00ff",
			"generation_mode": "outpaint", "Clip skip": "", "RNG": "CPU", "Version": "InvokeAI 6.1.0"}, "dpmpp_3m", "Karras", []Addon{{Name: "rust", TE: 0.6, UNet: 0.6}}}},
		{"InvokeAI 2", []Text{{"invokeai_metadata", i2}}, want{InvokeAI, "tin robot++", "noise", map[string]string{"Model": "tin-v1", "Size": "512x512"}, "Euler a", "", nil}},
		{"InvokeAI old", []Text{{"sd-metadata", old}}, want{InvokeAI, "tin [bucket]", "", map[string]string{"Seed": "1234567890123", "Model": "sd-v1.4", "Size": "512x704"}, "DPM2 a", "", nil}},
		{"Dream", []Text{{"Dream", i3}}, want{InvokeAI, "paper whale", "", map[string]string{"Steps": "25", "Seed": "33", "Size": "512x512", "CFG scale": "7.5"}, "Euler a", "", nil}},
		{"ComfyUI 1", []Text{{"prompt", c1}}, want{ComfyUI, "glass dune", "", map[string]string{
			"Seed": "88", "Steps": "22", "CFG scale": "6", "Size": "640x512", "Model": "dune", "Denoising strength": ""}, "Euler", "Karras", nil}},
		{"ComfyUI 2", []Text{{"workflow", "{}"}, {"prompt", c2}}, want{ComfyUI, "glass dune", "", map[string]string{"Model": "dune"}, "Euler", "Karras", []Addon{{Name: "kelp", TE: 0.5, UNet: 0.8}}}},
		{"ComfyUI 3", []Text{{"workflow", c3}}, want{ComfyUI, "", "", map[string]string{"Size": "640x512"}, "", "", nil}},
		{"ComfyUI WebP", []Text{{"Make", "workflow:{}"}, {"Model", "prompt:" + c1}}, want{ComfyUI, "glass dune", "", map[string]string{"Seed": "88"}, "Euler", "Karras", nil}},
		{"NovelAI", nai, want{NovelAI, "blue fox", "bad", map[string]string{"Steps": "28", "Seed": "99", "CFG scale": "11"}, "Euler a", "", nil}},
		{"Unpaint", []Text{{"meta", `{"PositivePrompt":"barn","NegativePrompt":"cow","Width":512,"Height":640,"GuidanceStrength":7.5,"DenoisingStrength":0.6,"SamplingSteps":20,"RandomSeed":4000000000,"SafeMode":true,"ModelId":"someone/barn-v1"}`}},
			want{Unpaint, "barn", "cow", map[string]string{"Seed": "4000000000", "Size": "512x640", "Model": "barn-v1", "Steps": "20", "CFG scale": "7.5"}, "", "", nil}},
		{"EXIF", []Text{{"UserComment", a1}}, want{A1111, "lantern harbour at dusk, <lora:fogline:0.7>", "text, frame", map[string]string{"Seed": "90210"}, "DPM++ 2M", "Karras", nil}},
	}
	for _, c := range cases {
		r, notes := Read(c.texts)
		check(t, c.name, r, c.want)
		if len(notes) > 0 {
			t.Errorf("%s: notes %q", c.name, notes)
		}
	}
}

func TestLoraInTermsOfA1111(t *testing.T) {
	r, _ := Read([]Text{{"prompt", c2}})
	if got, want := r.FullPrompt(), "glass dune <lora:kelp:0.5:0.8>"; got != want {
		t.Errorf("prompt %q, want %q", got, want)
	}
	if got := (Addon{Name: "rust", TE: 0.6, UNet: 0.6}).Tag(); got != "<lora:rust:0.6>" {
		t.Errorf("tag %q", got)
	}
}

func TestOldFeaturesOfA1111(t *testing.T) {
	r := ParseA1111("a [b:c:0.5]\nSteps: 1, Seed: 2, Hypernet: hazy, Hypernet strength: 0.4, Version: v1.5.2")
	if got := r.FullPrompt(); got != "a [b:c:0.5]<hypernet:hazy:0.4>" {
		t.Errorf("prompt %q", got)
	}
	if !r.OldTimelines() || ParseA1111(a2).OldTimelines() {
		t.Error("the version decides whether timelines are the old ones: 1.5.2 yes, 1.10.1 no")
	}
}

// TestTwoSamplersGiveTheLast: a second pass is the one that made the saved picture.
func TestTwoSamplersGiveTheLast(t *testing.T) {
	g := strings.Replace(c1[:len(c1)-1], `"KSampler"`, `"KSampler"`, 1) + `,
	"20":{"class_type":"KSampler","inputs":{"seed":["30",0],"steps":9,"cfg":4,"sampler_name":"dpmpp_2m","scheduler":"sgm_uniform","denoise":0.45,"model":["4",0],"positive":["21",0],"negative":["7",0],"latent_image":["3",0]}},
	"21":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["6",0],"conditioning_2":["22",0]}},
	"22":{"class_type":"CLIPTextEncode","inputs":{"text":["31",0],"clip":["4",1]},"is_changed":[NaN]},
	"30":{"class_type":"PrimitiveInt","inputs":{"value":18446744073709551615}},
	"31":{"class_type":"PrimitiveString","inputs":{"value":"say \"NaN\""}},
	"40":{"class_type":"VAEDecode","inputs":{"samples":["20",0],"vae":["4",2]}},
	"41":{"class_type":"SaveImage","inputs":{"images":["40",0]}}}`
	r, notes := Read([]Text{{"prompt", g}})
	if len(notes) > 0 {
		t.Fatal(notes)
	}
	check(t, "two passes", r, want{ComfyUI, "glass dune\nsay \"NaN\"", "", map[string]string{
		"Steps": "9", "Seed": "18446744073709551615", "Denoising strength": "0.45", "Size": "640x512"}, "DPM++ 2M", "SGM Uniform", nil})
}

func TestAdvancedSamplersAndEditorGraphs(t *testing.T) {
	advanced := `{"1":{"class_type":"SamplerCustomAdvanced","inputs":{"noise":["2",0],"guider":["3",0],"sampler":["4",0],"sigmas":["5",0],"latent_image":["6",0]}},
	"2":{"class_type":"RandomNoise","inputs":{"noise_seed":7}},"3":{"class_type":"CFGGuider","inputs":{"cfg":3.5,"model":["7",0],"positive":["8",0],"negative":["9",0]}},
	"4":{"class_type":"KSamplerSelect","inputs":{"sampler_name":"dpmpp_2m_sde_gpu"}},"5":{"class_type":"BasicScheduler","inputs":{"scheduler":"exponential","steps":12,"denoise":1,"model":["7",0]}},
	"6":{"class_type":"EmptySD3LatentImage","inputs":{"width":1024,"height":576}},"7":{"class_type":"UNETLoader","inputs":{"unet_name":"sub/dir\\big.gguf"}},
	"8":{"class_type":"CLIPTextEncode","inputs":{"text":"kite"}},"9":{"class_type":"CLIPTextEncode","inputs":{"text":"rain"}}}`
	r, _ := Read([]Text{{"prompt", advanced}})
	check(t, "advanced", r, want{ComfyUI, "kite", "rain", map[string]string{"Seed": "7", "Steps": "12", "CFG scale": "3.5", "Model": "big", "Size": "1024x576"}, "DPM++ 2M SDE", "Exponential", nil})

	editor := `{"version":0.4,"nodes":[
	{"id":3,"type":"KSampler","widgets_values":[5,"fixed",20,8,"heun","normal",1],"inputs":[{"name":"model","link":1},{"name":"positive","link":2},{"name":"negative","link":3},{"name":"latent_image","link":4}]},
	{"id":4,"type":"CheckpointLoaderSimple","widgets_values":["a.ckpt"]},{"id":5,"type":"EmptyLatentImage","widgets_values":[256,128,1]},
	{"id":6,"type":"CLIPTextEncode","widgets_values":["yes"]},{"id":7,"type":"CLIPTextEncode","widgets_values":["no"]}],
	"links":[[1,4,0,3,0,"MODEL"],[2,6,0,3,1,"CONDITIONING"],[3,7,0,3,2,"CONDITIONING"],[4,5,0,3,3,"LATENT"]]}`
	r, _ = Read([]Text{{"workflow", editor}})
	check(t, "editor", r, want{ComfyUI, "yes", "no", map[string]string{"Seed": "5", "Steps": "20", "CFG scale": "8", "Model": "a", "Size": "256x128"}, "Heun", "Normal", nil})
}

func TestRingsInAGraphEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"1":{"class_type":"KSampler","inputs":{"steps":["2",0],"sampler_name":["3",0],"model":["1",0],"positive":["1",0],"latent_image":["1",0]}}`)
	for i := 2; i < 400; i++ { // each node links to others under every name that is followed
		fmt.Fprintf(&b, `,"%d":{"class_type":"KSampler","inputs":{"value":["%d",0],"text":["%d",0],"string":["%d",0],"seed":["1",0],"model":["%d",0],"conditioning":["%d",0],"images":["%d",0],"samples":["2",0]}}`,
			i, (i*7)%400, (i*11)%400, (i+1)%400, (i*3)%400, (i*5)%400, (i*13)%400)
	}
	b.WriteString("}")
	r, notes := Read([]Text{{"prompt", b.String()}})
	if r == nil || len(notes) > 0 {
		t.Errorf("recipe %v, notes %q, want an empty recipe", r, notes)
	}
}

func TestDamageIsNotedAndTheNextTextRead(t *testing.T) {
	r, notes := Read([]Text{{"pentimento", "{"}, {"invokeai_metadata", "[1]"}, {"prompt", "{}"}, {"UserComment", a2}, {"other", "kept"}})
	if r == nil || r.Source.Key != "UserComment" || len(r.Rest) != 4 || len(notes) != 3 {
		t.Errorf("recipe %+v, notes %q, want that of UserComment and three notes", r, notes)
	}
	if r, notes := Read([]Text{{"Comment", "holiday in June, 1999"}, {"Software", "a scanner"}}); r != nil || len(notes) > 0 {
		t.Errorf("a plain comment was taken for a recipe: %+v, %q", r, notes)
	}
	if r, notes := Read([]Text{{"pentimento", `{"version":2}`}}); r != nil || len(notes) != 1 || !strings.Contains(notes[0], "version 2, want at most 1") {
		t.Errorf("a newer document: %+v, %q", r, notes)
	}
}
