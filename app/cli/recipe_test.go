package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
)

func decoded(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.NRGBA()
}

// TestRecipeMakesAFillAgain fills with both kinds of engine, makes the fills again from the
// written picture alone, then from the picture that was made again.
func TestRecipeMakesAFillAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range map[string][]byte{"in.png": encode(t, scene(96, 80, 3)), "mask.png": encode(t, hole(96, 80, image.Rect(30, 20, 60, 50)))} {
		if err := os.WriteFile(path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := tinyModel(t)

	first := []string{"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--out", path("one.png"), "--engine", "diffusion", "--model", m, "--steps", "2", "--size", "96x80",
		"--prompt", "a barn", "--strength", "0.6", "--seed", "5"}
	if r := paint(t, first...); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	if r := paint(t, "fill", "--image", path("one.png"), "--mask", path("mask.png"), "--out", path("two.png"), "--feather", "3", "--seed", "9"); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	for _, c := range []struct{ image, recipe, nth, model, want string }{
		{"in.png", "one.png", "1", m, "one.png"},
		{"in.png", "two.png", "1", m, "one.png"},
		{"one.png", "two.png", "2", "", "two.png"},
		{"one.png", "two.png", "0", "", "two.png"},
		{"in.png", "again.png", "0", m, "one.png"}, // written by the second case's like
	} {
		out := path("out.png")
		if c.recipe == "one.png" {
			out = path("again.png")
		}
		args := []string{"fill", "--recipe", path(c.recipe), "--nth", c.nth, "--image", path(c.image), "--mask", path("mask.png"), "--out", out}
		if c.model != "" {
			args = append(args, "--model", c.model)
		}
		if r := paint(t, args...); r.code != ExitDone {
			t.Fatalf("%v: exit %d: %s", c, r.code, r.errors)
		}
		if got, want := decoded(t, out), decoded(t, path(c.want)); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%v: made again it is another picture", c)
		}
	}
	for want, args := range map[string][]string{
		"contains 1 fills":                {"--recipe", path("one.png"), "--nth", "4"},
		"says nothing of how it was made": {"--recipe", path("in.png")},
		"--nth without --recipe":          {"--nth", "2"},
		"no such file":                    {"--recipe", path("gone.png")},
		"isn't among the known ones":      {"--recipe", path("one.png")},
	} {
		r := paint(t, append([]string{"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--out", path("x.png")}, args...)...)
		if r.code == ExitDone || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, said %q, want %q", args, r.code, r.errors, want)
		}
	}
}

// toldBy is what info tells of a picture.
func toldBy(t *testing.T, path string) details {
	t.Helper()
	var d details
	r := paint(t, "info", "--json", path)
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		t.Fatalf("%v: %s", err, r.errors)
	}
	return d
}

// TestRecipeMakesAPictureAgain: what generate and outpaint wrote is made again from the written
// picture alone, to the pixel, and a flag given beside the recipe wins.
func TestRecipeMakesAPictureAgain(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	save(t, path("in.png"), scene(64, 64, 3))
	must := func(args ...string) result {
		t.Helper()
		r := paint(t, args...)
		if r.code != ExitDone {
			t.Fatalf("%v: exit %d: %s", args, r.code, r.errors)
		}
		return r
	}
	same := func(a, b string) bool { return bytes.Equal(decoded(t, path(a)).Pix, decoded(t, path(b)).Pix) }

	must("generate", "--model", m, "--prompt", "a (red:1.2) barn", "--negative", "fog", "--steps", "3", "--cfg", "4", "--sampler", "Euler a", "--size", "72x64", "--clip-skip", "2", "--seed", "18446744073709551615", "--out", path("a.png"))
	must("generate", "--recipe", path("a.png"), "--model", m, "--out", path("b.png"))
	if !same("a.png", "b.png") {
		t.Error("generated again it is another picture")
	}
	r := must("generate", "--recipe", path("b.png"), "--model", m, "--seed", "4", "--steps", "2", "--out", path("c.png"), "--json")
	var got diffusionReport
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.Steps != 2 || got.Seeds[0] != 4 || got.CFG != 4 || got.Sampler != "Euler a" || got.Width != 72 || len(got.Notes) > 0 {
		t.Errorf("with two flags beside the recipe it ran as %+v, %v", got, err)
	}
	if d := toldBy(t, path("c.png")); same("a.png", "c.png") || d.Prompt != "a (red:1.2) barn" || d.Negative != "fog" {
		t.Errorf("it is %q without %q", d.Prompt, d.Negative)
	}

	must("generate", "--model", m, "--prompt", "a barn", "--steps", "2", "--size", "64x72", "--hires", "1.5", "--hires-upscaler", "Latent (nearest)", "--hires-strength", "0.9", "--seed", "2", "--out", path("h1.png"))
	must("generate", "--recipe", path("h1.png"), "--model", m, "--out", path("h2.png"))
	must("generate", "--recipe", path("h1.png"), "--model", m, "--seed", "3", "--out", path("h3.png"))
	if d := toldBy(t, path("h1.png")); !same("h1.png", "h2.png") || decoded(t, path("h3.png")).Rect != decoded(t, path("h1.png")).Rect || *d.Width != 64 || *d.Height != 72 {
		t.Errorf("with a second pass it is made again at %v, or its recipe says %d×%d", decoded(t, path("h3.png")).Rect, *d.Width, *d.Height)
	}

	must("generate", "--model", m, "--image", path("in.png"), "--prompt", "a barn", "--strength", "0.7", "--steps", "3", "--seed", "2", "--out", path("d.png"))
	must("generate", "--recipe", path("d.png"), "--image", path("in.png"), "--model", m, "--out", path("e.png"))
	if !same("d.png", "e.png") {
		t.Error("reworked again it is another picture")
	}

	for _, engine := range [][]string{{"--model", m, "--engine", "diffusion", "--prompt", "hills", "--steps", "2"}, {"--engine", "content"}} {
		must(append([]string{"outpaint", "--image", path("in.png"), "--left", "16", "--bottom", "24", "--seed", "5", "--out", path("f.png")}, engine...)...)
		must(append([]string{"outpaint", "--recipe", path("f.png"), "--image", path("in.png"), "--out", path("g.png")}, engine[:len(engine)/3*2]...)...)
		if !same("f.png", "g.png") {
			t.Errorf("%v: outpainted again it is another picture", engine)
		}
	}
	must("outpaint", "--recipe", path("a.png"), "--image", path("in.png"), "--model", m, "--right", "16", "--out", path("h.png"))
	if d := toldBy(t, path("h.png")); d.Prompt != "a (red:1.2) barn" || *d.Steps != 3 || d.Sampler != "Euler a" || d.Seed.String() != "18446744073709551615" {
		t.Errorf("an outpaint by a generated picture's recipe was made with %+v", d.Params)
	}
}

// TestAnotherModelIsNeverUsedWithoutAWord: the recipe's hash is looked for first, and where
// another model runs, stderr and the result say so.
func TestAnotherModelIsNeverUsedWithoutAWord(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	other := pipelinetest.Tiny(t, "tinyxl").Write(t, "single", "F16")
	out := filepath.Join(dir, "a.png")
	if r := paint(t, "generate", "--model", m, "--prompt", "a barn", "--steps", "2", "--size", "64x64", "--out", out); r.code != ExitDone {
		t.Fatal(r.errors)
	}
	run := func(known string, args ...string) (result, []string) {
		var stdout, errs bytes.Buffer
		env := paintEnv(t, &stdout, &errs)
		env.Known = func(context.Context, string, string) string { return known }
		code := Main(t.Context(), append([]string{"generate", "--recipe", out, "--json", "--out", filepath.Join(dir, "b.png")}, args...), env)
		var got diffusionReport
		_ = json.Unmarshal(stdout.Bytes(), &got)
		return result{code, stdout.String(), errs.String()}, got.Notes
	}
	if r, notes := run(m); r.code != ExitDone || len(notes) > 0 || strings.Contains(r.errors, "another") {
		t.Errorf("with the model that the hash names: exit %d, notes %q", r.code, notes)
	}
	for _, c := range [][]string{{other}, {"", "--model", other}, {m, "--model", other}} {
		r, notes := run(c[0], c[1:]...)
		if r.code != ExitDone || len(notes) != 1 || !strings.Contains(notes[0], "this run uses another") || !strings.Contains(r.errors, notes[0]) {
			t.Errorf("%q: exit %d, notes %q, said %q", c, r.code, notes, r.errors)
		}
	}
	if r, _ := run(""); r.code != ExitMisuse || !strings.Contains(r.errors, "isn't among the known ones") {
		t.Errorf("without any model: exit %d, said %q", r.code, r.errors)
	}
}

// TestRecipesOfOtherPrograms: what there is here is taken over, and the rest is said.
func TestRecipesOfOtherPrograms(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	size := "64x72"
	for name, c := range map[string]struct {
		texts []file.Text
		said  []string
		want  string // prompt|negative|steps|sampler|schedule|cfg|seed
	}{
		"A1111": {texts: []file.Text{{Key: "parameters", Text: "a red barn, <lora:mist:0.7>\nNegative prompt: fog\nSteps: 3, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 42, Size: " + size + ", Model hash: 0123456789, Model: dreams, Clip skip: 2, ENSD: 31337, ADetailer model: face.pt, Version: v1.9.3"}},
			said: []string{`no adapter "mist"`, "ENSD 31337", "ADetailer's face.pt", "the model dreams [0123456789], and this run uses another"}, want: "a red barn,|fog|3|DPM++ 2M|Karras|6.5|42"},
		"A1111, a sampler that is not here": {texts: []file.Text{{Key: "parameters", Text: "a barn\nSteps: 2, Sampler: Dream machine, CFG scale: 3, Seed: 18446744073709551615, Size: " + size + ", VAE: other.pt"}},
			said: []string{`sampler "Dream machine"`, `the VAE "other.pt"`, "it names no model"}, want: "a barn||2|DPM++ 2M|Karras|3|18446744073709551615"},
		"A1111, hires": {texts: []file.Text{{Key: "parameters", Text: "a barn\nNegative prompt: fog\nSteps: 3, Sampler: Euler a, Schedule type: Karras, CFG scale: 5, Seed: 5, Size: " + size + ", Denoising strength: 0.5, Hires upscale: 1.75, Hires steps: 2, Hires upscaler: Latent"}},
			said: []string{"it names no model"}, want: "a barn|fog|3|Euler a|Karras|5|5"},
		"ComfyUI": {texts: []file.Text{{Key: "prompt", Text: `{"1":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"x/dreams.safetensors"}},"2":{"class_type":"CLIPTextEncode","inputs":{"text":"a barn","clip":["1",1]}},"3":{"class_type":"CLIPTextEncode","inputs":{"text":"fog","clip":["1",1]}},"4":{"class_type":"EmptyLatentImage","inputs":{"width":64,"height":72,"batch_size":1}},"5":{"class_type":"KSampler","inputs":{"model":["1",0],"positive":["2",0],"negative":["3",0],"latent_image":["4",0],"seed":42,"steps":3,"cfg":6.5,"sampler_name":"euler_ancestral","scheduler":"karras","denoise":1}},"6":{"class_type":"VAEDecode","inputs":{"samples":["5",0],"vae":["1",2]}},"7":{"class_type":"SaveImage","inputs":{"images":["6",0]}}}`}},
			said: []string{`the model "dreams", and this run uses another`}, want: "a barn|fog|3|Euler a|Karras|6.5|42"},
		"InvokeAI": {texts: []file.Text{{Key: "invokeai_metadata", Text: `{"app_version":"5.0.0","generation_mode":"txt2img","positive_prompt":"a barn","negative_prompt":"fog","width":64,"height":72,"seed":42,"cfg_scale":6.5,"steps":3,"scheduler":"euler_a","model":{"name":"dreams","hash":"blake3:0011","base":"sd-1"}}`}},
			said: []string{"this run uses another"}, want: "a barn|fog|3|Euler a|Uniform|6.5|42"},
		"NovelAI": {texts: []file.Text{{Key: "Software", Text: "NovelAI"}, {Key: "Description", Text: "a barn"}, {Key: "Source", Text: "NovelAI Diffusion V4"}, {Key: "Comment", Text: `{"prompt":"a barn","uc":"fog","steps":3,"sampler":"k_euler_ancestral","noise_schedule":"karras","scale":6.5,"seed":42,"width":64,"height":72,"sm":true}`}},
			said: []string{"sm True", "this run uses another"}, want: "a barn|fog|3|Euler a|Karras|6.5|42"},
		"SwarmUI": {texts: []file.Text{{Key: "parameters", Text: `{"sui_image_params":{"prompt":"a barn","negativeprompt":"fog","model":"dreams","seed":42,"steps":3,"cfgscale":6.5,"width":64,"height":72,"sampler":"euler_ancestral","scheduler":"karras","loras":["mist"],"loraweights":["0.8"],"swarm_version":"0.9"}}`}},
			said: []string{`no adapter "mist"`, "this run uses another"}, want: "a barn|fog|3|Euler a|Karras|6.5|42"},
		"Fooocus": {texts: []file.Text{{Key: "parameters", Text: `{"prompt":"a barn","negative_prompt":"fog","steps":3,"guidance_scale":6.5,"resolution":"(64, 72)","sampler":"dpmpp_2m_sde_gpu","scheduler":"karras","seed":"42","base_model":"dreams","base_model_hash":"0123456789","metadata_scheme":"fooocus","sharpness":2.0}`}},
			said: []string{"sharpness 2.0", "[0123456789], and this run uses another"}, want: "a barn|fog|3|DPM++ 2M SDE|Karras|6.5|42"},
		"Draw Things": {texts: []file.Text{{Key: "UserComment", Text: `{"c":"a barn","uc":"fog","seed":42,"steps":3,"scale":6.5,"size":"64x72","sampler":"Euler A","model":"dreams.ckpt","strength":1}`}},
			said: []string{"this run uses another"}, want: "a barn|fog|3|Euler a|Uniform|6.5|42"},
		"Easy Diffusion": {texts: []file.Text{{Key: "prompt", Text: "a barn"}, {Key: "negative_prompt", Text: "fog"}, {Key: "seed", Text: "42"}, {Key: "num_inference_steps", Text: "3"}, {Key: "guidance_scale", Text: "6.5"}, {Key: "width", Text: "64"}, {Key: "height", Text: "72"}, {Key: "sampler_name", Text: "euler_a"}, {Key: "use_stable_diffusion_model", Text: "dreams"}},
			said: []string{"this run uses another"}, want: "a barn|fog|3|Euler a|Uniform|6.5|42"},
		"Unpaint": {texts: []file.Text{{Key: "Comment", Text: `{"PositivePrompt":"a barn","NegativePrompt":"fog","SamplingSteps":3,"GuidanceStrength":6.5,"RandomSeed":42,"Width":64,"Height":72,"ModelId":"a/dreams","SafeMode":true}`}},
			said: []string{"Safe mode True", "this run uses another"}, want: "a barn|fog|3|DPM++ 2M|Karras|6.5|42"},
	} {
		t.Run(name, func(t *testing.T) {
			in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
			var b bytes.Buffer
			if err := file.EncodePNG(t.Context(), &b, scene(8, 8, 3), c.texts, 0); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			r := paint(t, "generate", "--recipe", in, "--model", m, "--out", out, "--json")
			if r.code != ExitDone {
				t.Fatalf("exit %d: %s", r.code, r.errors)
			}
			var got diffusionReport
			if err := json.Unmarshal([]byte(r.out), &got); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(got.Notes, "\n")
			for _, s := range c.said {
				if !strings.Contains(all, s) || !strings.Contains(r.errors, s) {
					t.Errorf("nothing was said of %q: %q", s, got.Notes)
				}
			}
			if len(got.Notes) > len(c.said) {
				t.Errorf("said %q, want at most %d lines", got.Notes, len(c.said))
			}
			d := toldBy(t, out)
			if hires := slices.ContainsFunc(d.Params, func(p metadata.Param) bool { return p == metadata.Param{Key: "Hires upscale", Value: "1.75"} }); hires != strings.Contains(name, "hires") {
				t.Errorf("a second pass was made: %v; %v", hires, d.Params)
			}
			if s := fmt.Sprintf("%s|%s|%d|%s|%s|%v|%s", d.Prompt, d.Negative, *d.Steps, d.Sampler, d.Schedule, *d.CFG, d.Seed); s != c.want || *d.Width != 64 || *d.Height != 72 {
				t.Errorf("made as %s of %d×%d, want %s of %s", s, *d.Width, *d.Height, c.want, size)
			}
		})
	}
}

// TestEveryFormTellsTheSame: what a JPEG and a WebP say is what a PNG says, so that a picture
// is made again from each of them.
func TestEveryFormTellsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	dir, m := t.TempDir(), tinyModel(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	save(t, path("in.png"), scene(96, 80, 3))
	save(t, path("mask.png"), hole(96, 80, image.Rect(30, 20, 60, 50)))
	must := func(args ...string) result {
		t.Helper()
		r := paint(t, args...)
		if r.code != ExitDone {
			t.Fatalf("%v: exit %d: %s", args, r.code, r.errors)
		}
		return r
	}
	for name, verb := range map[string][]string{
		"generate": {"generate", "--model", m, "--prompt", "a bärn 🦊", "--negative", "fog", "--steps", "3", "--size", "72x64", "--seed", "9"},
		"fill":     {"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--engine", "diffusion", "--model", m, "--prompt", "a gate", "--steps", "2", "--seed", "9"},
	} {
		must(append(verb, "--out", path("a.png"))...)
		want := toldBy(t, path("a.png"))
		for _, c := range [][]string{{"b.jpg"}, {"b.jpeg", "--quality", "60"}, {"b.webp"}, {"b.webp", "--quality", "80"}, {"b.tif"}} {
			must(append(append(verb, "--out", path(c[0])), c[1:]...)...)
			got := toldBy(t, path(c[0]))
			if got.Dialect != want.Dialect || got.Prompt != want.Prompt || got.Negative != want.Negative || !slices.Equal(got.Params, want.Params) || len(got.Fills) != 1 || string(got.Fills[0].Run) != string(want.Fills[0].Run) {
				t.Errorf("%s: %v says %q by %s with %v, %d fills; want as the PNG", name, c, got.Prompt, got.Dialect, got.Params, len(got.Fills))
			}
			again := append([]string{verb[0], "--recipe", path(c[0]), "--model", m, "--out", path("again.png")}, map[string][]string{"fill": verb[1:5]}[name]...)
			must(again...)
			if !bytes.Equal(decoded(t, path("again.png")).Pix, decoded(t, path("a.png")).Pix) {
				t.Errorf("%s: made again by %v it is another picture", name, c)
			}
		}
		must(append(verb, "--out", path("c.webp"))...)
		if !bytes.Equal(decoded(t, path("c.webp")).Pix, decoded(t, path("a.png")).Pix) {
			t.Errorf("%s: a WebP without --quality has other pixels", name)
		}
	}
	bare := append([]string{}, "generate", "--model", m, "--prompt", "a barn", "--steps", "2", "--size", "64x64", "--no-metadata", "--out", path("d.jpg"))
	must(bare...)
	if d := toldBy(t, path("d.jpg")); d.Prompt != "" || len(d.Fills) > 0 || len(d.Texts) > 0 {
		t.Errorf("with --no-metadata the JPEG says %+v", d)
	}
	clear := scene(96, 80, 3)
	for i := 3; i < len(clear.Pix); i += 40 {
		clear.Pix[i] = 0
	}
	save(t, path("clear.png"), clear)
	if r := must("fill", "--engine", "neutral", "--image", path("clear.png"), "--mask", path("mask.png"), "--out", path("e.jpg")); !strings.Contains(r.errors, "what is transparent becomes white") {
		t.Errorf("nothing was said of transparency: %q", r.errors)
	}
}

// TestAnOutpaintWithoutSidesIsMadeAgain on the canvas that it grew on: the window's, and those
// of older programs, whose outpaints bit further into the picture.
func TestAnOutpaintWithoutSidesIsMadeAgain(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	img := scene(96, 80, 3)
	canvas, mask := image.NewNRGBA(image.Rect(0, 0, 144, 80)), image.NewGray(image.Rect(0, 0, 144, 80))
	for y := range 80 {
		copy(canvas.Pix[y*canvas.Stride:], img.Pix[y*img.Stride:][:4*96])
		for x := 96; x < 144; x++ {
			mask.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	save(t, path("in.png"), img)
	save(t, path("canvas.png"), canvas)
	save(t, path("mask.png"), mask)
	if r := paint(t, "outpaint", "--engine", "diffusion", "--model", m, "--steps", "2", "--image", path("in.png"), "--right", "48", "--out", path("one.png")); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	want, texts := load(t, path("one.png"))
	var b bytes.Buffer
	old := strings.Replace(texts["pentimento"], `"sides":[0,0,48,0],`, "", 1)
	if old == texts["pentimento"] {
		t.Fatalf("the outpaint's sides are not in %s", old)
	}
	if err := file.EncodePNG(t.Context(), &b, want, []file.Text{{Key: "pentimento", Text: old}}, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path("old.png"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := paint(t, "fill", "--recipe", path("old.png"), "--model", m, "--image", path("canvas.png"), "--mask", path("mask.png"), "--out", path("again.png")); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	if got := decoded(t, path("again.png")); !bytes.Equal(got.Pix, want.Pix) {
		t.Error("made again it is another picture")
	}
}

// TestARecipeFindsARenamedAdapter: an adapter that is called otherwise by now is found by its sum, and
// a run of ours is repeated pixel for pixel with it.
func TestARecipeFindsARenamedAdapter(t *testing.T) {
	dir := t.TempDir()
	m := pipelinetest.Tiny(t, "tiny15")
	if err := m.WriteTo(dir, "single", "F16"); err != nil {
		t.Fatal(err)
	}
	model, lora := filepath.Join(dir, "tiny15.safetensors"), m.WriteLoRA(t, filepath.Join(dir, "Lora"), "lora", 2)
	picture, again := filepath.Join(dir, "a.png"), filepath.Join(dir, "b.png")
	if r := paint(t, "generate", "--model", model, "--prompt", "a barn <lora:lora:1.5>", "--size", "64x64", "--steps", "2", "--seed", "5", "--out", picture); r.code != ExitDone {
		t.Fatal(r.errors)
	}
	if err := os.Rename(lora, filepath.Join(dir, "Lora", "mist.safetensors")); err != nil {
		t.Fatal(err)
	}
	r := paint(t, "generate", "--recipe", picture, "--model", model, "--out", again)
	if r.code != ExitDone || strings.Contains(r.errors, "not taken over") || strings.Contains(r.errors, "not applied") {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	a, b := decoded(t, picture), decoded(t, again)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the picture is another")
	}
	if r = paint(t, "info", again); !strings.Contains(r.out, "<lora:mist:1.5>") {
		t.Errorf("the record says %s", r.out)
	}
}
