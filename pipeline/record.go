package pipeline

import (
	"cmp"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/embedding"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/region"
)

// Record is what a picture remembers of an accepted fill: everything of the request that
// determines it, and where it may have changed pixels (rect, in pixels of that picture).
// What the engine does not use is left out; paths are cut to base names.
func (req Request) Record(rect image.Rectangle, when time.Time) metadata.Fill {
	f := metadata.Fill{
		Rect: metadata.RectOf(rect), Time: when, Task: string(req.Task), Engine: string(req.Engine), Seed: req.Seed,
	}
	if req.recordRework(&f, rect) {
		return f
	}
	if req.Task == Harmonise {
		f.Params, f.Width, f.Height = req.Harmony.params(), rect.Dx(), rect.Dy()
		return f
	}
	if req.Task == Background {
		f.Params = append(req.Cut.params(), req.Backdrop.params()...)
		f.Subject = PackMask(req.Mask)
		if req.Backdrop == nil || req.Backdrop.By != ByWords {
			f.Width, f.Height = rect.Dx(), rect.Dy()
			return f
		}
	}
	for i := range Settings {
		if s := &Settings[i]; s.UsedBy(req.Engine) {
			s.note(&f, &req)
		}
	}
	task := req.Task.Row()
	if task.Name != "" && !task.Needs.Picture {
		f.Feather = 0 // nothing old to fade into
	}
	if f.Tiling = req.TileX || req.TileY; !req.Engine.Row().Network {
		return f
	}
	for _, a := range req.Adapters {
		f.Addons = append(f.Addons, a.addon())
	}
	f.Params = slices.Concat(f.Params, req.templateParams(), req.steeringParams(), req.boxParams(), req.regionParams(), req.hiresParams(), req.tiledParams(),
		req.sdUpscaleParams(), req.guideParams(), req.restoredParams(), req.detailParams(), req.fileParams())
	f.Width, f.Height, f.Hires = req.Width, req.Height, req.hires().scale()
	if first := req.firstPass(); req.hires() != nil && first != (image.Point{}) {
		f.Width, f.Height = first.X, first.Y // as A1111 counts: the second pass enlarges it
	}
	if task.Needs.Mask {
		f.Mask = req.maskRecord()
	}
	return f
}

// recordRework writes a task that no seed and no prompt determine; false for others.
func (req Request) recordRework(f *metadata.Fill, rect image.Rectangle) bool {
	f.Width, f.Height = rect.Dx(), rect.Dy()
	switch req.Task {
	case Upscale:
		f.Params, f.Width, f.Height = req.Enlarge.params(), req.Width, req.Height
	case Restore:
		f.Params, f.Width, f.Height = req.Restore.params(), req.Width, req.Height
	case Swap:
		f.Params, f.Width, f.Height = req.Swap.params(), req.Width, req.Height
	case Cut:
		f.Params = req.Cut.params()
	case Pixelate:
		f.Params, f.Seed = pixelParams(req.Pixels), req.Pixels.Seed
		return true
	default:
		f.Width, f.Height = 0, 0
		return false
	}
	f.Seed = 0
	return true
}

// fileParams tell the files of a finished run by what they hold, and what is said of the model's.
func (req Request) fileParams() (out []metadata.Param) {
	add := func(key, value string) { out = append(out, metadata.Param{Key: key, Value: value}) }
	if len(req.Adapted) > 0 {
		add(adapter.SumsKey, strings.Join(req.Adapted, ", "))
	}
	if sums := slices.DeleteFunc(slices.Clone(req.Embedded), func(s string) bool { return strings.HasSuffix(s, ": ") }); len(sums) > 0 {
		add(embedding.SumsKey, strings.Join(sums, ", "))
	}
	if req.Prediction == PredictVZero {
		add(keyNoiseSchedule, zeroTerminal)
	}
	var texts []string
	for _, s := range req.Separate {
		role, sum, _ := strings.Cut(s, ": ")
		switch role {
		case "vae":
			add("VAE hash", sum)
		case "text_encoder":
			texts = append(texts, baseName(req.TextEncoder)+": "+sum)
		case "text_encoder_2":
			texts = append(texts, baseName(cmp.Or(req.TextEncoder2, req.TextEncoder))+": "+sum)
		}
	}
	if len(texts) > 0 {
		add("Text encoder hashes", strings.Join(texts, ", "))
	}
	return out
}

// firstPass is the size of a run's first pass; zero where it has one only, or no plan. Width
// and Height of a run say the size of its last.
func (req Request) firstPass() image.Point {
	if req.Plan == nil || len(req.Plan.Layout.Passes) < 2 {
		return image.Point{}
	}
	return req.Plan.Layout.Passes[0].Size
}

// AskedSize is the size that a run's network was asked to work at, to ask for it again; zero
// where that was left to the plan.
func (req Request) AskedSize() image.Point {
	first := req.firstPass()
	switch {
	case first == (image.Point{}):
		return image.Pt(req.Width, req.Height)
	case req.hires() != nil:
		return first
	}
	return image.Point{}
}

// note writes the setting into a record: to its own place, or as a parameter where it is not
// the default.
func (s *Setting) note(f *metadata.Fill, q *Request) {
	text := s.get(q)
	if s.Path {
		text = baseName(text)
	}
	if s.record == nil {
		if value := s.written(text); s.Key != "" && value != "" && text != s.Default && s.Acts(*q) {
			f.Params = append(f.Params, metadata.Param{Key: s.Key, Value: value})
		}
		return
	}
	switch to := s.record(f).(type) {
	case *string:
		*to = text
	case *int:
		*to, _ = strconv.Atoi(text)
	case *int64:
		n, _ := strconv.ParseUint(text, 10, 64) // a seed's bits
		*to = int64(n)
	case *float64:
		*to, _ = strconv.ParseFloat(text, 64)
	}
}

// maskRecord says how the mask was used, in A1111's words where it has some.
func (req Request) maskRecord() *metadata.Mask {
	m := &metadata.Mask{Blur: req.Feather, Blend: req.Blend}
	if a := req.Area; a != nil {
		m.Area = map[region.Method]string{region.OnlyMasked: "Only masked", region.WholePicture: "Whole picture"}[a.Method]
		m.Padding, m.Blur = a.Padding, a.Blur
	}
	switch req.Infill {
	case InfillOriginal:
		m.Content = "original"
	case InfillNoise:
		m.Content = "latent noise"
	case InfillNeutral:
		m.Content = "latent nothing"
	case InfillContent, InfillEdge:
		m.Content = "fill"
	case InfillAuto:
		if m.Content = "original"; req.Strength >= 1 || !req.Task.Row().Keeps {
			m.Content = "fill"
		}
	}
	return m
}
