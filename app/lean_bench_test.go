package main

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"pentimento/pipeline"
	"pentimento/pipeline/ort"
)

// What runs with fewer evaluations lose, on the one network here with learned weights: the
// Starter paints prompts with all evaluations of a sampler's steps, and again in each of the
// ways to save some. `make lean-bench` paints 64, has them judged where there is PyTorch
// (lean_judge_test.go), and prints the README's table.

// leanWay is a way to take fewer evaluations.
type leanWay struct {
	name   string
	change func(q *pipeline.Request)
}

var leanWays = []leanWay{
	{"half the steps, for comparison", func(q *pipeline.Request) { q.Steps /= 2 }},
	{"**Faster**", func(q *pipeline.Request) { q.Faster = true }},
	{"DeepCache 2", func(q *pipeline.Request) { q.DeepCache = 2 }},
	{"forecast 2", func(q *pipeline.Request) { q.Forecast = 2 }},
	{"DeepCache 3", func(q *pipeline.Request) { q.DeepCache = 3 }},
	{"forecast 2 and DeepCache 2", func(q *pipeline.Request) { q.Forecast, q.DeepCache = 2, 2 }},
	{"DeepCache 2 at skip 1", func(q *pipeline.Request) { q.DeepCache, q.DeepSkip = 2, 1 }},
	{"guidance at sigma 0.28 to 5.42", func(q *pipeline.Request) { q.GuidanceRange = [2]float64{0.28, 5.42} }},
}

// leanPrompts are n of the scenes that the Starter knows, evenly from all of them.
func leanPrompts(n int) []string {
	var all []string
	for _, thing := range []string{"a red boat", "a blue house", "a yellow flower", "a green tree", "a stone tower", "a purple balloon", "an orange fish", "a white bird"} {
		for _, place := range []string{"on a calm sea", "in a meadow", "on green hills", "in the desert"} {
			for _, time := range []string{"by day", "at dusk", "at dawn", "at night"} {
				all = append(all, thing+" "+place+" "+time)
			}
		}
	}
	out := make([]string, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// leanScore is what the pictures of a way are to those of all evaluations.
type leanScore struct{ mean, worst, ssim, whole, shallow, seconds float64 }

// leanBench paints prompts in the given ways and reports a score for each.
type leanBench struct {
	t       *testing.T
	p       *pipeline.Pipeline
	rt      *counting
	model   string
	prompts []string
	sampler string
	judge   *leanJudge
}

// paint makes prompt i, and says how many evaluations and processor seconds it took.
func (b *leanBench) paint(i, steps int, way leanWay) (img *image.NRGBA, whole, shallow, seconds float64) {
	q := pipeline.Request{
		Ask:      pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Generate, Frame: image.Rect(0, 0, 256, 256)},
		Models:   pipeline.Models{Model: b.model},
		Text:     pipeline.Text{Prompt: b.prompts[i]},
		Sampling: pipeline.Sampling{Seed: int64(i + 1), CFG: 3, Steps: steps, Sampler: b.sampler, Schedule: "SGM Uniform"},
		Where:    pipeline.Where{Threads: 1}, // two wait for each other where other programs run: that would be counted
	}
	way.change(&q)
	b.rt.whole.Store(0)
	b.rt.shallow.Store(0)
	began := processorTime()
	res, err := b.p.Run(context.Background(), q, nil)
	if err != nil {
		b.t.Fatalf("%s: %v", way.name, err)
	}
	return res.Image, float64(b.rt.whole.Load()), float64(b.rt.shallow.Load()), (processorTime() - began).Seconds()
}

// score paints every prompt in a way and compares it with the pictures of all evaluations,
// which it makes where they are nil. keep sees each pair.
func (b *leanBench) score(steps int, way leanWay, all []*image.NRGBA, keep func(i int, img *image.NRGBA)) leanScore {
	s := leanScore{worst: math.Inf(1)}
	n := float64(len(b.prompts))
	b.paint(0, 2, way) // opens its networks
	for i := range b.prompts {
		img, whole, shallow, seconds := b.paint(i, steps, way)
		s.whole, s.shallow, s.seconds = s.whole+whole/n, s.shallow+shallow/n, s.seconds+seconds/n
		if all[i] == nil {
			all[i] = img
		}
		db, like := compared(img, all[i])
		s.mean, s.worst, s.ssim = s.mean+db/n, min(s.worst, db), s.ssim+like/n
		if keep != nil {
			keep(i, img)
		}
	}
	return s
}

// compared is the PSNR of two pictures in dB, at most 99, and the mean SSIM (Wang et al. 2004)
// of their brightness over windows of 8×8 pixels.
func compared(a, b *image.NRGBA) (db, ssim float64) {
	squares, n, windows := 0.0, 0, 0
	grey := func(p []uint8) float64 { return 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2]) }
	for y := 0; y+8 <= a.Rect.Dy(); y += 4 {
		for x := 0; x+8 <= a.Rect.Dx(); x += 4 {
			var ma, mb, aa, bb, ab float64
			for k := range 64 {
				at := (y+k/8)*a.Stride + 4*(x+k%8)
				u, v := grey(a.Pix[at:]), grey(b.Pix[at:])
				ma, mb, aa, bb, ab = ma+u/64, mb+v/64, aa+u*u/64, bb+v*v/64, ab+u*v/64
			}
			c1, c2 := 6.5025, 58.5225 // (0.01·255)², (0.03·255)²
			ssim += (2*ma*mb + c1) * (2*(ab-ma*mb) + c2) / ((ma*ma + mb*mb + c1) * (aa - ma*ma + bb - mb*mb + c2))
			windows++
		}
	}
	for i := range a.Pix {
		if i%4 < 3 {
			d := float64(a.Pix[i]) - float64(b.Pix[i])
			squares, n = squares+d*d, n+1
		}
	}
	return min(99, 20*math.Log10(255)-10*math.Log10(squares/float64(n)+1e-12)), ssim / float64(windows)
}

// TestLeanBench prints the table.
func TestLeanBench(t *testing.T) {
	dir := os.Getenv("PENTIMENTO_LEAN_BENCH")
	if dir == "" {
		t.Skip("`make lean-bench` runs this; PENTIMENTO_LEAN_BENCH names its folder")
	}
	n := 64
	_, _ = fmt.Sscan(os.Getenv("PENTIMENTO_LEAN_PROMPTS"), &n)
	b := newLeanBench(t, leanPrompts(n))
	out, err := os.OpenFile(filepath.Join(dir, "table.md"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	b.judge = newLeanJudge(t, dir)
	for _, c := range []struct {
		sampler string
		steps   int
	}{{"DPM++ 2M", 20}, {"Euler a", 20}, {"DPM++ 2M", 30}, {"Euler a", 30}} {
		if only := os.Getenv("PENTIMENTO_LEAN_ONLY"); only != "" && only != fmt.Sprintf("%s, %d", c.sampler, c.steps) {
			continue
		}
		fmt.Fprintf(out, "\n| %s, %d steps | evaluations: whole, shallow | processor s | PSNR: mean, worst | SSIM | judge: noun, colour |\n|---|---|---|---|---|---|\n", c.sampler, c.steps)
		b.sampler = c.sampler
		all := make([]*image.NRGBA, len(b.prompts))
		sheet := map[string][]*image.NRGBA{}
		var rows []string
		for _, way := range append([]leanWay{{"all", func(*pipeline.Request) {}}}, leanWays...) {
			began := time.Now()
			made := make([]*image.NRGBA, len(b.prompts))
			s := b.score(c.steps, way, all, func(i int, img *image.NRGBA) { made[i] = img })
			for i := range min(n, sheetPictures) {
				sheet[way.name] = append(sheet[way.name], made[i*n/min(n, sheetPictures)])
			}
			b.judge.ask(t, made, b.prompts)
			rows = append(rows, fmt.Sprintf("| %s | %.0f, %.0f | %.2f | %.1f, %.1f dB | %.3f |", way.name, s.whole, s.shallow, s.seconds, s.mean, s.worst, s.ssim))
			fmt.Fprintf(os.Stderr, "%s, %d steps: %s %.0f s\n", c.sampler, c.steps, rows[len(rows)-1], time.Since(began).Seconds())
			if err := leanSheet(filepath.Join(dir, fmt.Sprintf("%s-%d.png", c.sampler, c.steps)), sheet); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range rows {
			fmt.Fprintln(out, row, b.judge.answer(t), "|")
		}
	}
}

// sheetPictures is how many of a way's pictures its contact sheet shows.
const sheetPictures = 12

// leanSheet writes the pictures of each way in a row of its own, under its name.
func leanSheet(path string, rows map[string][]*image.NRGBA) error {
	const side, caption = 160, 16
	var names []string
	for _, way := range append([]leanWay{{name: "all"}}, leanWays...) {
		if rows[way.name] != nil {
			names = append(names, way.name)
		}
	}
	out := image.NewNRGBA(image.Rect(0, 0, sheetPictures*side, len(names)*(side+caption)))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	for r, name := range names {
		y := r * (side + caption)
		label := font.Drawer{Dst: out, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(2, y+12)}
		label.DrawString(name)
		for k, img := range rows[name] {
			xdraw.CatmullRom.Scale(out, image.Rect(k*side, y+caption, (k+1)*side, y+caption+side), img, img.Rect, draw.Src, nil)
		}
	}
	return writePNG(path, out)
}

// TestFasterKeepsThePicture: what the switch promises, on a few prompts. The table has 64.
func TestFasterKeepsThePicture(t *testing.T) {
	if testing.Short() {
		t.Skip("a dozen pictures by a network")
	}
	for _, c := range []struct {
		sampler string
		steps   int
		most    float64 // of the evaluations
		least   float64 // dB
	}{{"DPM++ 2M", 20, 0.5, 38}, {"Euler a", 20, 0.65, 30}} {
		b := newLeanBench(t, leanPrompts(4))
		b.sampler = c.sampler
		all := make([]*image.NRGBA, len(b.prompts))
		full := b.score(c.steps, leanWay{"all", func(*pipeline.Request) {}}, all, nil)
		fast := b.score(c.steps, leanWays[1], all, nil)
		cost := fast.whole + 0.1*fast.shallow
		t.Logf("%s: %+v", c.sampler, fast)
		if fast.mean < c.least || cost > c.most*full.whole {
			t.Errorf("%s: %.1f dB with %.1f evaluations of %.0f, want %.0f dB at least with %.0f %% of them", c.sampler, fast.mean, cost, full.whole, c.least, 100*c.most)
		}
	}
}

func newLeanBench(t *testing.T, prompts []string) *leanBench {
	rt := &counting{Runtime: ort.New(ort.Config{Device: "cpu"})}
	b := &leanBench{t: t, p: pipeline.New(rt), rt: rt, model: starterPath(t), prompts: prompts}
	t.Cleanup(func() { _ = b.p.Close() })
	return b
}
