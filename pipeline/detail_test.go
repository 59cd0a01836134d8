package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/find"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
)

// detailed is a pipeline of stand-ins and a request that finds two faces and a hand in a picture off the origin.
func detailed(t *testing.T) (*Pipeline, *pipelinetest.Runtime, Request) {
	t.Helper()
	p, rt := standIns(t)
	rt.Eval = pipelinetest.Finding(standIn)
	file := pipelinetest.WriteYolo(t, t.TempDir(), "face_yolov8n.onnx", []string{"face", "hand"},
		[]float32{16, 20, 12, 12, 0.9, 0}, []float32{48, 20, 10, 10, 0.8, 0}, []float32{32, 52, 12, 8, 0.1, 0.7})
	img := noisePicture(128, 128)
	img.Rect = img.Rect.Add(image.Pt(-30, 70))
	d := UsualDetailing(file)
	d.Find.Classes, d.Padding, d.Blur = "face", 8, 1
	q := Request{
		Ask:  Ask{Engine: Diffusion, Task: Detail, Frame: img.Rect, Image: img},
		Text: Text{Prompt: "a boat", Negative: "fog"}, Sampling: Sampling{Seed: 5, Steps: 2}, Models: Models{Model: tiny(t, "tiny15")},
		Details: []Detailing{d},
	}
	return p, rt, q
}

// TestDetailChangesWhatIsFoundAlone, and says what that was; run again by its record it makes the same pixels without the
// network that found them.
func TestDetailChangesWhatIsFoundAlone(t *testing.T) {
	p, rt, q := detailed(t)
	before := bytes.Clone(q.Image.Pix)
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := res.Request.Details[0].Found
	if len(found) != 2 || len(q.Details[0].Found) != 0 || !found[0].Box.In(q.Image.Rect) || found[0].Class != "face" || found[0].Shape == nil {
		t.Fatalf("found %+v", found)
	}
	if want := image.Rect(20, 28, 44, 52).Add(q.Image.Rect.Min).Inset(-4); !found[0].Box.In(want) || want.Inset(2) != want.Inset(2).Intersect(found[0].Box) {
		t.Errorf("the first lies at %v, want about %v", found[0].Box, want)
	}
	cover := Covers(res.Request.Details, q.Image.Rect)
	if !bytes.Equal(cover.Pix, res.Mask.Pix) {
		t.Error("the mask isn't that of the finds")
	}
	var changed [2]int
	for i, m := range cover.Pix {
		if !bytes.Equal(res.Image.Pix[4*i:4*i+4], before[4*i:4*i+4]) {
			if m == 0 {
				t.Fatalf("pixel %d changed outside the masks", i)
			}
			if at := image.Pt(i%128, i/128).Add(q.Image.Rect.Min); at.In(found[0].Box) {
				changed[0]++
			} else {
				changed[1]++
			}
		}
	}
	if min(changed[0], changed[1]) < 100 || !bytes.Equal(q.Image.Pix, before) {
		t.Errorf("%v pixels of the two changed, or the picture that was given did", changed)
	}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), t.TempDir()) {
		t.Error("the record names a folder")
	}
	again, err := ReadReplay(data)
	if err != nil {
		t.Fatal(err)
	}
	again.Request.Model, again.Request.Image = q.Model, q.Image
	opened := len(rt.Log())
	got, err := p.Run(context.Background(), again.Request, nil)
	if err != nil || !bytes.Equal(got.Image.Pix, res.Image.Pix) {
		t.Errorf("made again it is another picture (%v)", err)
	}
	for _, line := range rt.Log()[opened:] {
		if strings.Contains(line, "yolo") {
			t.Errorf("it was looked for again: %s", line)
		}
	}
}

// TestFindsHaveTextsOfTheirOwn: [SEP], [PROMPT] and [SKIP] mean what they do to ADetailer, and what is switched off stays.
func TestFindsHaveTextsOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		list string
		want []string
	}{
		{"", []string{"own", "own", "own"}}, {"a", []string{"a", "a", "a"}}, {"a [SEP] b", []string{"a", "b", "b"}}, {"a[SEP][SEP]c", []string{"a", "own", "c"}},
		{"[PROMPT], red [SEP] [SKIP] [SEP] b", []string{"own, red", "[SKIP]", "b"}},
	} {
		for i, want := range c.want {
			if got := textOf(c.list, "own", i); got != want {
				t.Errorf("%q: find %d has %q, want %q", c.list, i, got, want)
			}
		}
	}
	p, _, q := detailed(t)
	both, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Details[0].Prompt = "[SKIP] [SEP] a cat"
	skipped, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	off := q.Clone()
	off.Details = detailings(both.Request.Details)
	off.Details[0].Found[0].Off = true
	without, err := p.Run(context.Background(), off, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := both.Request.Details[0].Found[0].Box, both.Request.Details[0].Found[1].Box
	for name, res := range map[string]*Result{"skipped": skipped, "switched off": without} {
		if !bytes.Equal(pixels.Crop(res.Image, first).Pix, pixels.Crop(q.Image, first).Pix) || bytes.Equal(pixels.Crop(res.Image, second).Pix, pixels.Crop(q.Image, second).Pix) || !pixels.Bounds(pixels.CropMask(res.Mask, first)).Empty() {
			t.Errorf("%s: the first changed, or the second didn't", name)
		}
	}
}

// TestPiecesAreAsTheirPassSays: numbers of the pass come before those of the request, seeds count up.
func TestPiecesAreAsTheirPassSays(t *testing.T) {
	q := Request{Text: Text{Prompt: "p", Negative: "n", ClipSkip: 2, Template: "{p}"}, Sampling: Sampling{Seed: 9, Steps: 20, CFG: 7, Sampler: "Euler", Schedule: "Karras", Hires: &Hires{Scale: 2}, TileX: true, Width: 1024, Height: 1024},
		Keep: Keep{Fade: &Fade{}, Poisson: true}, Models: Models{Model: "m", VAE: "v"}}
	img, mask := noisePicture(8, 8), pixels.Full(image.Rect(0, 0, 8, 8))
	plain, ok := UsualDetailing("face").piece(q, 2, img, mask)
	if !ok || plain.Seed != 11 || plain.Steps != 20 || plain.CFG != 7 || plain.Sampler != "Euler" || plain.Schedule != "Karras" || plain.Strength != 0.4 || plain.Width != 0 || plain.Hires != nil || plain.TileX || plain.Model != "m" || plain.VAE != "v" || !plain.Inside || plain.Poisson || plain.Feather != 16 || *plain.Area != (Area{Method: "only masked", Padding: 32}) || !plain.Literal || plain.Template != "" || plain.Prompt != "p" {
		t.Errorf("a usual piece is %+v", plain)
	}
	d := Detailing{Strength: 0.7, Whole: true, Steps: 5, CFG: 3, Sampler: "DDIM", ClipSkip: 1, Model: "other", Width: 64, Height: 72, Negative: "[PROMPT], x"}
	own, _ := d.piece(q, 0, img, mask)
	if own.Steps != 5 || own.CFG != 3 || own.Sampler != "DDIM" || own.Schedule != "" || own.Strength != 0.7 || own.Width != 64 || own.Height != 72 || own.Model != "other" || own.VAE != "" || own.ClipSkip != 1 || own.Negative != "n, x" || own.Area.Method != "whole picture" || own.Feather != 0 {
		t.Errorf("a piece of its own is %+v", own)
	}
}

// TestPassesFollowEachOther: the second looks at what the first made, a mask limits all of them, and cancelling ends it.
func TestPassesFollowEachOther(t *testing.T) {
	p, _, q := detailed(t)
	hand := q.Details[0]
	hand.Find.Classes = "hand"
	q.Details = append(q.Details, hand)
	q.Mask = image.NewAlpha(q.Image.Rect)
	half := q.Image.Rect
	half.Max.X = half.Min.X + 64
	pixels.Fill(q.Mask, half, 255)
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := res.Request.Details[0].Found, res.Request.Details[1].Found
	if len(a) != 1 || len(b) != 1 || b[0].Class != "hand" || b[0].Box.Max.X > half.Max.X || !pixels.Bounds(res.Mask).In(half) {
		t.Errorf("within the left half are %v and %v", a, b)
	}
	ctx, stop := context.WithCancel(context.Background())
	runs := 0
	_, err = p.Run(ctx, q, func(g Progress) {
		if runs++; runs == 6 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled it ends with %v", err)
	}
}

// TestFindingChangesNothing and returns what there is.
func TestFindingChangesNothing(t *testing.T) {
	p, _, q := detailed(t)
	q.Task, q.Model = Finding, ""
	res, err := p.Run(context.Background(), q, nil)
	if err != nil || len(res.Request.Details[0].Found) != 2 || res.Image != q.Image || !pixels.Bounds(res.Mask).Empty() {
		t.Fatalf("%v, found %v", err, res)
	}
	for name, wrong := range map[string]func(q *Request){
		"no picture": func(q *Request) { q.Image = nil }, "no passes": func(q *Request) { q.Details = nil }, "a batch": func(q *Request) { q.Batch = 2 }, "no such file": func(q *Request) { q.Details[0].Find.What = "none.onnx" },
		"no such thing": func(q *Request) { q.Details[0].Find.What = "fases" }, "no networks": func(q *Request) { q.Details[0].Find.What = "face" }, "strength": func(q *Request) { q.Details[0].Strength = 2 }, "one side": func(q *Request) { q.Details[0].Width = 64 },
	} {
		bad := q.Clone()
		wrong(&bad)
		if _, err := p.Run(context.Background(), bad, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestADamagedShapeIsItsBox, and one that is too large is nothing.
func TestADamagedShapeIsItsBox(t *testing.T) {
	m := pixels.Full(image.Rect(2, 3, 21, 17))
	pixels.Fill(m, image.Rect(5, 5, 9, 9), 0)
	f := foundOf(find.Find{Mask: m}, image.Pt(100, -50))
	got := f.Mask()
	if got.Rect != m.Rect.Add(image.Pt(100, -50)) || !bytes.Equal(got.Pix, m.Pix) {
		t.Error("a mask comes back as another one")
	}
	f.Shape = f.Shape[:2]
	if got := f.Mask(); pixels.Bounds(got) != f.Box {
		t.Errorf("a damaged one covers %v", pixels.Bounds(got))
	}
	if got := (Found{Box: image.Rect(0, 0, 1<<20, 1<<20)}).Mask(); !got.Rect.Empty() {
		t.Errorf("one that is too large covers %v", got.Rect)
	}
}

// TestAfterTheRunDetailsAreRedone of each picture of a batch, by the texts and numbers that made it, and a picture's record
// makes it again.
func TestAfterTheRunDetailsAreRedone(t *testing.T) {
	p, _, q := detailed(t)
	passes := q.Details
	q.Task, q.Image, q.Details, q.Width, q.Height, q.Batch, q.Frame = Generate, nil, nil, 64, 64, 2, image.Rectangle{}
	plain, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.After = []Step{AfterDetails(passes)}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range res.Images {
		if bytes.Equal(res.Images[i].Pix, plain.Images[i].Pix) {
			t.Errorf("picture %d is as before", i+1)
		}
	}
	second := res.Request.Nth(1)
	second.Batch = 1
	data, err := json.Marshal((&Result{Image: res.Images[1], Request: second}).Replay())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadReplay(data)
	if err != nil {
		t.Fatal(err)
	}
	again.Request.Model = q.Model
	alone, err := p.Run(context.Background(), again.Request, nil)
	if err != nil || !bytes.Equal(alone.Image.Pix, res.Images[1].Pix) {
		t.Errorf("the second picture made again is another one (%v)", err)
	}
}

// TestADetailersFieldsComeBack: what is written is read as the same passes, and what A1111 wrote is understood.
func TestADetailersFieldsComeBack(t *testing.T) {
	full := Detailing{Find: find.Spec{What: "hand_yolov8n.onnx", Classes: "hand", Confidence: 0.45, MinArea: 0.01, MaxArea: 0.9, Top: 3, TopBy: find.ByScore, Grow: -2, X: 5, Y: -6, Merge: find.Invert},
		Prompt: "a, b: c", Negative: "fog", Strength: 0.55, Blur: 8, Padding: 16, Width: 512, Height: 640, Steps: 12, CFG: 5.5, Sampler: "Euler a", Schedule: "Karras", ClipSkip: 2, Model: "other.safetensors", VAE: "v.safetensors"}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Detail}, Details: []Detailing{UsualDetailing("face"), full}}
	f := q.Record(image.Rect(0, 0, 8, 8), time.Now())
	d := &metadata.Document{Width: 8, Height: 8}
	d.Add(f)
	r, err := metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: d.Texts()[slices.IndexFunc(d.Texts(), func(x metadata.Text) bool { return x.Key == metadata.ParametersKey })].Text}})
	if r == nil {
		t.Fatal(err)
	}
	got, left := DetailsOf(r)
	want := []Detailing{UsualDetailing("mediapipe_face_mesh"), full}
	want[0].Find.Confidence = find.UsualConfidence
	if len(left) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("written and read they are\n%+v, want\n%+v, left %v", got, want, left)
	}
	const theirs = "a barn\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x512, ADetailer model: face_yolov8n.pt, ADetailer prompt: \"[PROMPT], smile [SEP] [SKIP]\", ADetailer confidence: 0.3, ADetailer dilate erode: 4, ADetailer mask blur: 4, ADetailer denoising strength: 0.4, ADetailer inpaint only masked: True, ADetailer inpaint padding: 32, ADetailer model 2nd: hand_yolov8n.pt, ADetailer mask only top k largest 2nd: 2, ADetailer confidence 2nd: 7, ADetailer inpaint only masked 2nd: False, ADetailer ControlNet model 2nd: control_v11p, ADetailer restore face 2nd: True, ADetailer use separate sampler 2nd: True, ADetailer sampler 2nd: DPM++ 2M Karras, ADetailer version: 23.11.1, Version: v1.6.0"
	r, _ = metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: theirs}})
	got, left = DetailsOf(r)
	if len(got) != 2 || got[0].Find.What != "face_yolov8n.pt" || got[0].Prompt != "[PROMPT], smile [SEP] [SKIP]" || got[1].Find.Top != 2 || !got[1].Whole || got[1].Sampler != "DPM++ 2M" || got[1].Schedule != "Karras" || len(left) != 3 {
		t.Errorf("of A1111's they are %+v, left %q", got, left)
	}
	var plain Request
	plain.Task, plain.Engine = Generate, Diffusion
	if lines := plain.Recall(r, func(string) bool { return false }); !slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(s, "ADetailer") }) {
		t.Errorf("who doesn't take them isn't told: %q", lines)
	}
	if lines := plain.Recall(r, func(id string) bool { return id == "details" }); slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(s, "ADetailer") }) {
		t.Errorf("who takes them is told %q", lines)
	}
}
