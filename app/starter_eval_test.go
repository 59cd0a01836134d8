package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"pentimento/assets"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// The evaluation of the starter model paints the tasks of a folder that eval_tasks.py made
// with the program's own pipeline, on the processor, and measures time and memory; scores
// are made of the pictures by eval_score.py. `make starter-eval` runs all of it.

// starterTask is one entry of the folder's tasks.json.
type starterTask struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"`
	Prompt  string  `json:"prompt"`
	Seed    int64   `json:"seed"`
	CFG     float64 `json:"cfg"`
	Picture string  `json:"picture"`
	Mask    string  `json:"mask"`
}

// evalFeather is `fill --feather` and the window's "Exactly the mask": pixels within the
// mask. The tasks' masks leave 10 around a thing.
const evalFeather = 8

// starterPath is the model to look at: PENTIMENTO_STARTER, or the one that is built in.
func starterPath(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("PENTIMENTO_STARTER"); path != "" {
		return path
	}
	if !assets.HasStarter() {
		t.Fatal("no starter model is built in and PENTIMENTO_STARTER names none; assets/starter/train/export.py writes one")
	}
	path, err := assets.Starter()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStarterEvaluation(t *testing.T) {
	dir := os.Getenv("PENTIMENTO_STARTER_EVAL")
	if dir == "" {
		t.Skip("`make starter-eval` runs this; PENTIMENTO_STARTER_EVAL names its folder")
	}
	ev := &starterEval{t: t, dir: dir, model: starterPath(t)}
	var tasks []starterTask
	data, err := os.ReadFile(filepath.Join(dir, "tasks.json"))
	if err == nil {
		err = json.Unmarshal(data, &tasks)
	}
	if err != nil || len(tasks) == 0 {
		t.Fatalf("%d tasks, %v", len(tasks), err)
	}
	ev.measure()
	ev.p = pipeline.New(ort.New(ort.Config{Device: "cpu"}))
	defer ev.p.Close()
	ev.autoencoder(tasks)
	began := time.Now()
	for i, task := range tasks {
		if err := ev.paint(task); err != nil {
			t.Fatalf("%s: %v", task.ID, err)
		}
		if i%50 == 49 {
			fmt.Fprintf(os.Stderr, "%d of %d tasks, %.1f s each\n", i+1, len(tasks), time.Since(began).Seconds()/float64(i+1))
		}
	}
	ev.sheet(tasks)
	if err := os.WriteFile(filepath.Join(dir, "figures.txt"), []byte(strings.Join(ev.lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

type starterEval struct {
	t     *testing.T
	dir   string
	model string
	p     *pipeline.Pipeline
	lines []string // of figures.txt, in eval_score.py's form
}

func (ev *starterEval) note(what string, value float64, wanted string) {
	ev.lines = append(ev.lines, fmt.Sprintf("%-15s %7.3f              wanted %s", what, value, wanted))
}

func (ev *starterEval) request(prompt string, seed int64, cfg float64) pipeline.Request {
	steps := 12
	_, _ = fmt.Sscan(os.Getenv("PENTIMENTO_STARTER_STEPS"), &steps)
	return pipeline.Request{
		Ask:      pipeline.Ask{Engine: pipeline.Diffusion},
		Models:   pipeline.Models{Model: ev.model},
		Text:     pipeline.Text{Prompt: prompt},
		Sampling: pipeline.Sampling{Seed: seed, CFG: cfg, Steps: steps, Sampler: "DPM++ 2M", Schedule: "SGM Uniform", Faster: os.Getenv("PENTIMENTO_STARTER_FASTER") != ""},
		Where:    pipeline.Where{Threads: 2},
	}
}

func (ev *starterEval) open(name string) *image.NRGBA {
	ev.t.Helper()
	p, err := file.Open(context.Background(), filepath.Join(ev.dir, name), nil)
	if err != nil {
		ev.t.Fatal(err)
	}
	return p.NRGBA()
}

// paint does one task and writes out/ID.png. Holes and outpaints are painted as the verbs
// do, with nothing outside changed; a seam grows and fades as in the window. What an
// outpaint is to continue into is blank, as on the canvas.
func (ev *starterEval) paint(task starterTask) error {
	img, white := ev.open(task.Picture), ev.open(task.Mask)
	mask := image.NewAlpha(img.Rect)
	for i := range mask.Pix {
		mask.Pix[i] = white.Pix[4*i]
	}
	req := ev.request(task.Prompt, task.Seed, task.CFG)
	req.Task, req.Image, req.Mask, req.Frame = pipeline.Inpaint, img, mask, img.Rect
	req.Inside, req.Feather = task.Kind != "seam", evalFeather
	if task.Kind == "outpaint" {
		req.Task = pipeline.Outpaint
		for i, m := range mask.Pix {
			if m != 0 {
				clear(img.Pix[4*i:][:4])
			}
		}
	}
	res, err := ev.p.Run(context.Background(), req, nil)
	if err != nil {
		return err
	}
	return writePNG(filepath.Join(ev.dir, "out", task.ID+".png"), res.Image)
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = png.Encode(f, img)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// autoencoder measures how well the true pictures of the seam tasks, all held out, survive
// encoding and decoding.
func (ev *starterEval) autoencoder(tasks []starterTask) {
	sum, n := 0.0, 0
	for _, task := range tasks {
		if task.Kind != "seam" || n == 40 {
			continue
		}
		img := ev.open("truth/" + task.ID + ".png")
		w, h := img.Rect.Dx(), img.Rect.Dy()
		in := tensor.New(1, 3, h, w)
		for i := range w * h {
			for c := range 3 {
				in.Data[c*w*h+i] = float32(img.Pix[4*i+c])/127.5 - 1
			}
		}
		req := ev.request("", 0, 1)
		moments, err := ev.p.EncodePicture(context.Background(), req, in)
		if err != nil {
			ev.t.Fatal(err)
		}
		mean := &tensor.Tensor{Shape: []int{1, 4, h / 8, w / 8}, Data: moments.Data[:len(moments.Data)/2]}
		out, err := ev.p.DecodeLatent(context.Background(), req, mean)
		if err != nil {
			ev.t.Fatal(err)
		}
		squares := 0.0
		for i, v := range out.Data {
			d := float64(min(max(v, -1), 1)-in.Data[i]) * 127.5
			squares += d * d
		}
		sum += 20*math.Log10(255) - 10*math.Log10(squares/float64(len(out.Data)))
		n++
	}
	ev.note("PSNR (dB)", sum/float64(max(n, 1)), "≥ 28")
}

// measure times a frame of 512×512 from the press to the candidate: the first one in a
// process and the best of the next ones, and what the process held at most.
func (ev *starterEval) measure() {
	if st, err := os.Stat(ev.model); err == nil {
		ev.note("size (MiB)", float64(st.Size())/(1<<20), "≤ 24")
	}
	p := pipeline.New(ort.New(ort.Config{Device: "cpu"}))
	defer p.Close()
	first, warm := 0.0, math.Inf(1)
	for i := range 6 {
		began := time.Now()
		if err := paintFrame(p, ev.request("a red boat on a calm sea at dusk", int64(i), 3)); err != nil {
			ev.t.Fatal(err)
		}
		s := time.Since(began).Seconds()
		if i == 0 {
			first = s
			continue
		}
		warm = min(warm, s)
	}
	ev.note("512² warm (s)", warm, "≤ 6")
	ev.note("first load (s)", first-warm, "≤ 1.5")
	ev.note("peak (MB)", float64(peakKB())*1024/1e6, "≤ 600")
}

// paintFrame fills a blank frame of 512×512.
func paintFrame(p *pipeline.Pipeline, req pipeline.Request) error {
	req.Task, req.Frame = pipeline.Generate, image.Rect(0, 0, 512, 512)
	_, err := p.Run(context.Background(), req, nil)
	return err
}

// peakKB is the most memory this process held, 0 where the system does not say.
func peakKB() int {
	data, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(data), "\n") {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb
		}
	}
	return 0
}

// BenchmarkStarterFrame is a frame of 512×512 with a warm starter model, two threads.
func BenchmarkStarterFrame(b *testing.B) {
	ev := &starterEval{model: starterPath(b)}
	p := pipeline.New(ort.New(ort.Config{Device: "cpu"}))
	defer p.Close()
	if err := paintFrame(p, ev.request("the sea at dusk", 1, 3)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := paintFrame(p, ev.request("the sea at dusk", 1, 3)); err != nil {
			b.Fatal(err)
		}
	}
}

// The contact sheet: cells of a task's given picture (masked part darkened) and what was
// painted, with the prompt below; whole pictures from prompts on top.
const (
	cellW, cellH, captionH = 260, 130, 16
	sheetColumns           = 6
)

// sheetShare is how many tasks of a kind are shown.
var sheetShare = map[string]int{"colour": 24, "subject": 12, "held": 12, "seam": 12, "outpaint": 6, "colour-cfg1": 6, "colour-empty": 6}

var sheetPrompts = []string{"a red boat on a calm sea at dusk", "a blue house on a meadow by day", "mountains with snow at dawn", "a yellow flower",
	"a starry sky at night with a moon over a desert", "a brick wall", "a green balloon in the sky, watercolour", "the sea in a storm"}

func (ev *starterEval) sheet(tasks []starterTask) {
	var cells []*image.NRGBA
	add := func(text string, pictures ...image.Image) {
		c := image.NewNRGBA(image.Rect(0, 0, cellW, cellH+captionH))
		draw.Draw(c, c.Rect, image.White, image.Point{}, draw.Src)
		room := image.Rect(0, 0, cellW/len(pictures), cellH).Inset(1)
		for _, p := range pictures {
			size := p.Bounds().Size()
			k := min(float64(room.Dx())/float64(size.X), float64(room.Dy())/float64(size.Y))
			at := image.Rectangle{room.Min, room.Min.Add(image.Pt(int(k*float64(size.X)), int(k*float64(size.Y))))}
			xdraw.CatmullRom.Scale(c, at, p, p.Bounds(), draw.Src, nil)
			room = room.Add(image.Pt(cellW/len(pictures), 0))
		}
		label := font.Drawer{Dst: c, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(2, cellH+12)}
		label.DrawString(text[:min(len(text), cellW/7)])
		cells = append(cells, c)
	}
	for i, text := range sheetPrompts {
		req := ev.request(text, int64(i), 3)
		req.Task, req.Frame = pipeline.Generate, image.Rect(0, 0, 256, 256)
		res, err := ev.p.Run(context.Background(), req, nil)
		if err != nil {
			ev.t.Fatal(err)
		}
		add(text, res.Image)
	}
	total, seen := map[string]int{}, map[string]int{}
	for _, task := range tasks {
		total[task.Kind]++
	}
	for _, task := range tasks {
		n := seen[task.Kind]
		seen[task.Kind]++
		share := sheetShare[task.Kind]
		if all := total[task.Kind]; n*share/all == (n-1)*share/all && n > 0 {
			continue // evenly from all over the kind
		}
		given := ev.open(task.Picture)
		mask := ev.open(task.Mask)
		for i := 0; i < len(mask.Pix); i += 4 {
			if mask.Pix[i] != 0 {
				for c := range 3 {
					given.Pix[i+c] /= 3
				}
			}
		}
		add(fmt.Sprintf("%s: %s", task.Kind, task.Prompt), given, ev.open("out/"+task.ID+".png"))
	}
	rows := (len(cells) + sheetColumns - 1) / sheetColumns
	out := image.NewNRGBA(image.Rect(0, 0, sheetColumns*cellW, rows*(cellH+captionH)))
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	for i, c := range cells {
		draw.Draw(out, c.Rect.Add(image.Pt(i%sheetColumns*cellW, i/sheetColumns*(cellH+captionH))), c, image.Point{}, draw.Src)
	}
	if err := writePNG(filepath.Join(ev.dir, "sheet.png"), out); err != nil {
		ev.t.Fatal(err)
	}
}
