package fills

import (
	"context"
	"image"
	"reflect"
	"testing"

	"pentimento/app/commission"
	"pentimento/app/settings"
	"pentimento/pipeline"
)

func TestFillSendsWhatThePanelSays(t *testing.T) {
	b := newBench(t)
	if err := b.prompting.SaveStyle("", settings.Style{Name: "ink", Prompt: "{prompt} in ink"}); err != nil {
		t.Fatal(err)
	}
	b.SetFill(func(f *settings.Fill) {
		f.Engine, f.Prompt, f.Negative, f.Styles = "diffusion", "a barn", "fog", "ink"
		f.Batch, f.ClipSkip, f.RNG, f.Variation, f.VariationStrength = 3, 2, "nv", 99, 0.4
	})
	req := b.request(pipeline.Inpaint)
	want := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint, Frame: req.Frame}, Text: pipeline.Text{Prompt: "a barn in ink", Negative: "fog", ClipSkip: 2},
		Sampling: pipeline.Sampling{Seed: req.Seed, Steps: 20, CFG: 7, Sampler: "DPM++ 2M", Schedule: "Karras", Strength: 1, Batch: 3, RNG: "nv", VariationSeed: 99, VariationStrength: 0.4}}
	if !reflect.DeepEqual(req, want) {
		t.Errorf("the request is %+v, want %+v", req, want)
	}
	if p := b.Settings.Prompts; len(p) != 0 {
		t.Errorf("an outline alone remembers %v; only a fill shall", p)
	}
	// What needs no model carries no prompt.
	b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.maskRect(image.Rect(20, 20, 30, 30))
	b.Fill()
	b.idle()
	if r := b.Shown().Current().Result.Request; r.Prompt != "" || r.VariationStrength != 0 {
		t.Errorf("a content fill says it was made from %q", r.Prompt)
	}
}

// TestSeedsCountOverBatches holds that no two pictures of a place share their noise, and
// that a picture can be made again alone.
func TestSeedsCountOverBatches(t *testing.T) {
	for _, strength := range []float64{0, 0.5} {
		seen := map[[2]int64]bool{}
		for i := range 3 {
			req := numbered(pipeline.Request{Sampling: pipeline.Sampling{Seed: 100, VariationSeed: 7, VariationStrength: strength, Batch: 4}}, i)
			req.Image, req.Task = image.NewNRGBA(image.Rect(0, 0, 2, 2)), pipeline.Refine
			results, err := commission.Run(context.Background(), everywhere{}, req, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, one := range results {
				r := one.Request
				n := int64(i*4 + k)
				want := [2]int64{100 + n, 7}
				if strength > 0 {
					want = [2]int64{100, 7 + n}
				}
				if got := [2]int64{r.Seed, r.VariationSeed}; got != want || r.Batch != 1 || seen[got] {
					t.Errorf("strength %g, picture %d: seeds %v, want %v, batch %d", strength, n, got, want, r.Batch)
				}
				seen[want] = true
			}
		}
	}
}

// TestEachPictureOfABatchHasAFormOfItsOwn, the one of its seed, and keeps what it was drawn from.
func TestEachPictureOfABatchHasAFormOfItsOwn(t *testing.T) {
	forms := map[string]bool{}
	for i := range 3 {
		req := numbered(pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Refine}, Sampling: pipeline.Sampling{Seed: 100, Batch: 4}}, i)
		req.Prompt, req.Image = "a {red|blue|green|black} {barn|boat|house}", image.NewNRGBA(image.Rect(0, 0, 2, 2))
		results, err := commission.Run(context.Background(), everywhere{}, req, nil)
		if err != nil || len(results) != 4 {
			t.Fatal(len(results), err)
		}
		for k, one := range results {
			alone := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion}, Text: pipeline.Text{Prompt: req.Prompt}, Sampling: pipeline.Sampling{Seed: int64(100 + i*4 + k)}}
			want, err := alone.Expanded()
			if r := one.Request; err != nil || r.Seed != want.Seed || r.Text != want.Text || r.Template != req.Prompt || r.Batch != 1 {
				t.Errorf("picture %d: seed %d, %+v; want %d, %+v, %v", i*4+k, r.Seed, r.Text, want.Seed, want.Text, err)
			}
			forms[one.Request.Prompt] = true
		}
	}
	if len(forms) < 6 {
		t.Errorf("twelve pictures had %d prompts", len(forms))
	}
}

// TestAPictureIsDescribedAsItStandsInTheFrame, by the chosen network; no document changes.
func TestAPictureIsDescribedAsItStandsInTheFrame(t *testing.T) {
	b := newBench(t)
	var got []pipeline.Request
	b.Runner = teller(func(q pipeline.Request) (*pipeline.Result, error) {
		got = append(got, q)
		q.Prompt = "a quiet texture"
		return &pipeline.Result{Image: q.Image, Mask: image.NewAlpha(q.Image.Rect), Request: q}, nil
	})
	said := ""
	b.Describe("tagger.onnx", func(text string) { said = text })
	if len(b.seen.Failed) != 1 {
		t.Errorf("without a picture: %v", b.seen.Failed)
	}
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	state := b.canvas.Committed()
	b.Describe("tagger.onnx", func(text string) { said = text })
	b.until("the description", func() bool { return said != "" })
	want := state.Frame.Intersect(image.Rect(0, 0, 64, 64))
	if want.Empty() {
		want = image.Rect(0, 0, 64, 64)
	}
	if q := got[0]; len(got) != 1 || q.Task != pipeline.Describing || q.Model != "tagger.onnx" || q.Image.Rect != want || said != "a quiet texture" || b.canvas.Committed() != state {
		t.Errorf("%q of %+v, want the picture at %v", said, q.Ask, want)
	}
}

// teller is a Runner made of a function.
type teller func(q pipeline.Request) (*pipeline.Result, error)

func (r teller) Run(_ context.Context, q pipeline.Request, _ func(pipeline.Progress)) (*pipeline.Result, error) {
	return r(q)
}
