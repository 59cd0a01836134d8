//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/family/familytest"
	"pentimento/pipeline/noise"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// fourth is a pipeline with a model of a family that the table has only while the test runs.
func fourth(t *testing.T) (*Pipeline, Request) {
	before := family.Families
	family.Families = append(slices.Clone(before), familytest.Fourth)
	t.Cleanup(func() { family.Families = before })
	p := New(ort.New(ort.Config{Device: "cpu"}))
	t.Cleanup(func() { _ = p.Close() })
	return p, Request{
		Ask: Ask{Engine: Diffusion}, Models: Models{Model: familytest.Write(t, "single")}, Text: Text{Prompt: "a (red:1.2) boat"},
		Sampling: Sampling{Seed: 7, Steps: 24, CFG: 1, Sampler: "Euler"}, Where: Where{Threads: 2},
	}
}

// ends runs a request and gives besides its result what it began and ended on.
func ends(t *testing.T, p *Pipeline, q Request) (res *Result, start, latent *tensor.Tensor) {
	t.Helper()
	if bad := slices.DeleteFunc(p.Check(q), func(b Problem) bool { return !b.Blocks }); len(bad) > 0 {
		t.Fatalf("%s: %v stands against it", q.Task, bad)
	}
	res, err := p.RunTraced(context.Background(), q, nil, func(name string, x *tensor.Tensor) {
		switch name {
		case "step.0":
			start = x.Clone()
		case "latent":
			latent = x.Clone()
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", q.Task, err)
	}
	return res, start, latent
}

// mean is the latent, of one place, that a request's text draws to.
func mean(t *testing.T, p *Pipeline, q Request) []float32 {
	t.Helper()
	text, pooled, err := p.EncodeText(context.Background(), q)
	if err != nil || pooled != nil {
		t.Fatalf("text %v, pooled %v: %v", text, pooled, err)
	}
	return familytest.Mean(text)
}

func TestAFourthFamilyGenerates(t *testing.T) {
	p, q := fourth(t)
	q.Task, q.Frame, q.Width, q.Height, q.Steps = Generate, image.Rect(3, 5, 67, 69), 64, 64, 48
	mu := mean(t, p, q)
	_, start, latent := ends(t, p, q)
	unit := &tensor.Tensor{Shape: []int{1, familytest.Channels, 16, 16}, Data: noise.New(noise.CPU, 7).Normal(familytest.Channels * 256)}
	if !start.SameShape(unit) || pipelinetest.Relative(start.Data, unit.Data) != 0 {
		t.Errorf("it began on %v, want the seed's noise %v as it is", start.Shape, unit.Shape)
	}
	want := tensor.Scale(familytest.Spread, unit) // the exact flow from noise to the data
	for i := range want.Data {
		want.Data[i] += mu[i/256]
	}
	if e := pipelinetest.Relative(latent.Data, want.Data); e > 0.05 {
		t.Errorf("the latent is off the exact flow by %.3f", e)
	}
	folder := q
	folder.Model = familytest.Write(t, "folder")
	if _, _, same := ends(t, p, folder); pipelinetest.Relative(same.Data, latent.Data) > 1e-5 {
		t.Error("the folder and the file of a model make different latents")
	}
	for _, name := range []string{"Euler a", "DPM++ 2M", "DPM++ SDE", "LCM", "DDIM"} { // also samplers that draw on the way
		q.Sampler = name
		res, _, latent := ends(t, p, q)
		sum := 0.0
		for i, v := range latent.Data {
			sum += float64(v-mu[i/256]) / float64(len(latent.Data))
		}
		if res.Image.Rect != q.Frame || math.Abs(sum) > 0.05 {
			t.Errorf("%s: the latent is %.3f off the text's mean, the picture covers %v", name, sum, res.Image.Rect)
		}
	}
}

func TestAFourthFamilysPreviewsShowThePicture(t *testing.T) {
	p, q := fourth(t)
	q.Task, q.Frame, q.Width, q.Height, q.Steps = Generate, image.Rect(0, 0, 64, 64), 64, 64, 200
	var last *image.NRGBA
	res, err := p.Run(context.Background(), q, func(g Progress) {
		if g.Preview != nil {
			last = g.Preview
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if last == nil {
		t.Fatal("no preview in 200 steps")
	}
	a, b := means(last, q.Frame), means(res.Image, q.Frame)
	for k := range a {
		if math.Abs(a[k]-b[k]) > 25 {
			t.Errorf("the last preview's mean colour is %.0f, the picture's %.0f", a, b)
		}
	}
}

func TestAFourthFamilyBeginsOnAPictureAsItsPathMixes(t *testing.T) {
	p, q := fourth(t)
	img := slope(image.Rect(0, 0, 64, 64))
	q.Task, q.Image, q.Frame, q.Strength = Refine, img, img.Rect, 0.5
	res, start, _ := ends(t, p, q)
	if res.Image.Rect != img.Rect {
		t.Errorf("the result covers %v", res.Image.Rect)
	}
	moments, err := p.EncodePicture(context.Background(), q, toTensor(img, img.Rect.Size()))
	if err != nil {
		t.Fatal(err)
	}
	unit := noise.New(noise.CPU, 7).Normal(len(moments.Data))
	sigmas, err := Sigmas("simple", 24, q.Model)
	if err != nil {
		t.Fatal(err)
	}
	sigma := sigmas[11] // half of the steps, and one: A1111's way
	for i, v := range moments.Data {
		want := (1-sigma)*2*(float64(v)-0.25) + sigma*float64(unit[i])
		if math.Abs(float64(start.Data[i])-want) > 1e-5 {
			t.Fatalf("value %d of the start is %v, want %v", i, start.Data[i], want)
		}
	}
}

func TestAFourthFamilyPaintsUnderAMaskAndKeepsTheRest(t *testing.T) {
	p, q := fourth(t)
	for _, blend := range []string{BlendAuto, BlendDenoised, BlendBoth, BlendSoft} {
		img, mask := slope(image.Rect(0, 0, 96, 64)), image.NewAlpha(image.Rect(0, 0, 96, 64))
		for i := range mask.Pix {
			if i%96 >= 48 {
				mask.Pix[i] = 255
			}
		}
		q.Task, q.Image, q.Mask, q.Strength, q.Blend = Inpaint, img, mask, 1, blend
		res, _, _ := ends(t, p, q)
		if n := sameWhere(t, "inpaint", img, res.Image, res.Mask); n < 1000 {
			t.Errorf("blend %q: %d pixels changed", blend, n)
		}
		if blend == BlendAuto && res.Image.NRGBAAt(0, 0) != img.NRGBAAt(0, 0) {
			t.Error("a corner far from the mask changed")
		}
	}
	canvas, mask := grown(slope(image.Rect(0, 0, 64, 64)), image.Rect(0, 0, 112, 64))
	q.Task, q.Image, q.Mask, q.Blend = Outpaint, canvas, mask, BlendAuto
	res, _, _ := ends(t, p, q)
	sameWhere(t, "outpaint", canvas, res.Image, res.Mask)
	if a := res.Image.NRGBAAt(110, 30).A; a != 255 {
		t.Errorf("the new part has alpha %d", a)
	}
}

func TestAFourthFamilysFillIsRecordedAndMadeAgain(t *testing.T) {
	p, q := fourth(t)
	img, mask := slope(image.Rect(0, 0, 64, 64)), image.NewAlpha(image.Rect(0, 0, 64, 64))
	for i := range mask.Pix {
		if i%64 >= 24 {
			mask.Pix[i] = 255
		}
	}
	q.Task, q.Image, q.Mask, q.Strength, q.Sampler = Inpaint, img, mask, 1, "Euler a"
	res, _, _ := ends(t, p, q)
	f := res.Request.Record(res.Image.Rect, time.Unix(9, 0))
	if f.Model != "fourth.safetensors" || f.Sampler != "Euler a" || f.Schedule != "Simple" || f.Steps != 24 {
		t.Errorf("recorded as %+v", f)
	}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadReplay(data)
	if err != nil {
		t.Fatal(err)
	}
	again.Request.Model, again.Request.Image, again.Request.Mask = q.Model, img, mask
	made, _, _ := ends(t, p, again.Request)
	if !bytes.Equal(made.Image.Pix, res.Image.Pix) {
		t.Error("the replay made other pixels")
	}
}

func TestAFourthFamilyIsKnownToPeopleAndTheOthersStayThemselves(t *testing.T) {
	_, q := fourth(t)
	info, err := Describe(q.Models)
	if err != nil || info.Family != "Fourth, for tests" || info.Size != 64 || info.Inpainting || info.Precision != "fp32" {
		t.Errorf("described as %+v (%v)", info, err)
	}
	r, err := family.Inspect(context.Background(), q.Model, checkpoint.Options{}, nil)
	if err != nil || r.Kind != "checkpoint" || r.Family != "fourth" || len(r.Parts) != 2 || r.Tensors != 3 || len(r.Problems) > 0 || r.Settings.Prediction != "flow" {
		t.Errorf("inspected as %+v (%v)", r, err)
	}
	encode, spec, err := New(nil).TextWindow(q.Model)
	if err != nil || len(encode("one two")) != 2 || spec.Length != 256 {
		t.Errorf("text window %+v: %v", spec, err)
	}
	sigmas, err := Sigmas("simple", 4, q.Model)
	if err != nil || !slices.Equal(sigmas, []float64{1, 0.9, 0.75, 0.5, 0}) {
		t.Errorf("sigmas %v (%v)", sigmas, err)
	}
	for name, want := range map[string]*family.Family{"tiny15": family.SD1, "tiny21": family.SD2, "tinyxl": family.SDXL} {
		m, err := family.Open(tiny(t, name), checkpoint.Options{})
		if err != nil || m.Family != want {
			t.Errorf("%s: %v (%v)", name, m, err)
		}
	}
	for _, f := range family.Families {
		for _, id := range f.Ignores {
			if FindSetting(id) == nil {
				t.Errorf("%s ignores %q, which is no setting", f.Name, id)
			}
		}
	}
	if !slices.Contains(info.Ignores, "clip_skip") || info.Suggested.Steps != 4 {
		t.Errorf("it ignores %v and suggests %+v", info.Ignores, info.Suggested)
	}
	family.Families = family.Families[:3]
	if _, err := family.Open(q.Model, checkpoint.Options{}); err == nil {
		t.Error("without its row the model opened")
	}
}
