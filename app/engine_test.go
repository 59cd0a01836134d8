package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"pentimento/app/editor"
	"pentimento/app/engine"
	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/assets"
	"pentimento/canvas/canvastest"
	"pentimento/pipeline"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// studio is an editor without a window whose networks run in the real program's engine.
type studio struct {
	*editor.Editor
	t      *testing.T
	client *engine.Client
	model  string
	temp   string // the engine's folder for temporary files
	posted chan func()
}

func openStudio(t *testing.T) *studio {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked up in /proc")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	tiny := pipelinetest.Tiny(t, "tiny15")
	tiny.Metadata["pentimento.native_size"] = "128"
	s := &studio{t: t, model: tiny.Write(t, "single", "F32"), temp: t.TempDir(), posted: make(chan func(), 4096)}
	s.client = engine.New(engine.Config{Version: buildOf(info), Local: pipeline.New(nil), Command: func() *exec.Cmd {
		c := exec.Command(bin, engine.Verb)
		c.Env = append(os.Environ(), "TMPDIR="+s.temp)
		return c
	}})
	p := pipeline.New(s.client.Planner(func() uint64 { return 0 }))
	p.SetMerges(assets.Merges)
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	f := &store.Fill
	f.Engine, f.Model, f.Prompt, f.Steps, f.CFG, f.Sampler, f.Schedule, f.Count = string(pipeline.Diffusion), s.model, "a red barn", 3, 2, "Euler", "Automatic", 1
	s.Editor = editor.New(editor.Config{Pipeline: p, Runner: s.client, Settings: store, Post: func(f func()) { s.posted <- f }, Version: "test"})
	t.Cleanup(func() {
		go func() {
			for f := range s.posted {
				f()
			}
		}()
		s.Jobs.Close()
		s.client.Close()
	})
	s.picture()
	return s
}

// picture lays a picture down and masks a part of it.
func (s *studio) picture() {
	img := image.NewNRGBA(image.Rect(0, 0, 160, 128))
	for y := range 128 {
		for x := range 160 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), uint8(x ^ y), 255})
		}
	}
	ed := s.Begin("test")
	ed.Put(s.Committed().Active, img, nil)
	mask := image.NewAlpha(image.Rect(50, 40, 90, 80))
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	ed.SetMask(mask)
	ed.SetFrame(image.Rect(0, 0, 128, 128)) // small, so that a fill takes a second
	ed.Commit()
}

// until runs what was posted until ok.
func (s *studio) until(what string, ok func() bool) {
	s.t.Helper()
	limit := time.After(3 * time.Minute)
	for !ok() {
		select {
		case f := <-s.posted:
			f()
		case <-limit:
			s.t.Fatalf("%s never happened: %+v", what, s.Jobs.List())
		}
	}
}

func (s *studio) settled() bool { return s.Jobs.Active(0) == 0 && len(s.posted) == 0 }

// engines are the engine processes that this process has started and that still run.
func engines(parent int) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range list {
		stat, err := os.ReadFile(path)
		_, rest, ok := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); err != nil || !ok || f[0] == "Z" || f[1] != strconv.Itoa(parent) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if args := bytes.Split(line, []byte{0}); len(args) > 1 && string(args[1]) == engine.Verb {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestTheEnginePaintsTheSamePixels as the pipeline does in one process, with an adapter that
// the prompt names.
func TestTheEnginePaintsTheSamePixels(t *testing.T) {
	s := openStudio(t)
	pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, filepath.Dir(s.model), "fog", 2)
	s.Settings.Fill.Prompt += " <lora:fog:0.8>"
	s.Fills.Fill()
	s.until("the end of the fill", s.settled)
	place := s.Fills.Shown()
	if place == nil || place.Current() == nil {
		t.Fatalf("no candidate: %+v", s.Jobs.List())
	}
	got := place.Current().Result
	if len(got.Request.Adapted) != 1 {
		t.Errorf("adapters %q, want the one that the prompt names", got.Request.Adapted)
	}
	alone := pipeline.New(ort.New(ort.Config{}))
	alone.SetMerges(assets.Merges)
	defer alone.Close()
	again := got.Request
	again.Exact = true // which form of the network takes over when depends on the machine's load
	want, err := alone.Run(context.Background(), again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Image.Pix, want.Image.Pix) || !bytes.Equal(got.Mask.Pix, want.Mask.Pix) || got.Image.Rect != want.Image.Rect {
		t.Error("the two pictures differ")
	}
	if got.Device != want.Device || len(got.Steps) != len(want.Steps) || len(got.Timings) != len(want.Timings) {
		t.Errorf("told of %q, %d steps, %d timings; want %q, %d, %d", got.Device, len(got.Steps), len(got.Timings), want.Device, len(want.Steps), len(want.Timings))
	}
	devices, err := s.client.Devices(t.Context())
	if err != nil || len(devices) == 0 || devices[len(devices)-1].Name != "cpu" || !devices[len(devices)-1].Ready {
		t.Errorf("%v: devices %+v", err, devices)
	}
}

// kills is how often TestKilledEngine kills: a few times, or as PENTIMENTO_KILLS says (`make
// proof`: 100).
func kills(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("PENTIMENTO_KILLS")); err == nil {
		return n
	}
	return 5
}

// TestKilledEngine kills the engine (-9) at random instants of real jobs. The editor lives
// and its picture is untouched; every job ends as done or parked, and what was parked can be
// retried; no process and no file is left.
func TestKilledEngine(t *testing.T) {
	s := openStudio(t)
	before := s.Committed()
	began := time.Now()
	s.Fills.Fill()
	s.until("the first fill", s.settled)
	usual := time.Since(began)
	rng := canvastest.Chance(t)
	n, killed := kills(t), 0
	for range n {
		stop := make(chan struct{})
		dead := make(chan int)
		after := time.Duration(rng.Int64N(int64(usual) + 1))
		twice := rng.IntN(4) == 0 // the second try, too
		go func() {
			count := 0
			for range 2 {
				select {
				case <-time.After(after):
					for _, pid := range engines(os.Getpid()) {
						if p, err := os.FindProcess(pid); err == nil && p.Kill() == nil {
							count++
						}
					}
				case <-stop:
				}
				if !twice {
					break
				}
			}
			dead <- count
		}()
		s.Fills.Fill()
		s.until("done or parked", s.settled)
		close(stop)
		killed += <-dead
		for _, i := range s.Jobs.List() {
			if i.Status != jobs.Done && i.Status != jobs.Parked {
				t.Fatalf("killed after %v: %q is %v (%v), want done or parked", after, i.Label, i.Status, i.Err)
			}
		}
		if s.Committed() != before {
			t.Fatal("the picture was touched")
		}
	}
	parked := len(s.Fills.Stopped())
	for range 3 { // a kill that came late may have met a retry
		s.Fills.RetryAll("")
		s.until("what was parked", s.settled)
	}
	if left := len(s.Fills.Stopped()); left > 0 {
		t.Errorf("%d jobs are still parked: %+v", left, s.Fills.Stopped())
	}
	t.Logf("%d fills of %v, engine killed %d times, %d parked and done later", n, usual.Round(time.Millisecond), killed, parked)
	if killed == 0 {
		t.Error("no kill met an engine")
	}
	for _, place := range s.Fills.Stacks() {
		if place.Current() == nil {
			t.Error("a place has no candidate")
		}
	}
	s.client.Close()
	if left := engines(os.Getpid()); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if files, err := os.ReadDir(s.temp); err != nil || len(files) > 0 {
		t.Errorf("%v: files %v are left", err, files)
	}
}

// TestLiveModeRunsInTheEngine, and switching it off leaves the engine alive for the next job.
func TestLiveModeRunsInTheEngine(t *testing.T) {
	s := openStudio(t)
	s.Fills.Live.Set(true)
	s.until("a live result", func() bool { return !s.Fills.Live.Status().Place.Empty() })
	first := engines(os.Getpid())
	s.Fills.Live.Set(false)
	s.Fills.Fill()
	s.until("the fill", s.settled)
	if again := engines(os.Getpid()); len(first) != 1 || len(again) != 1 || again[0] != first[0] {
		t.Errorf("live mode ran in %v, the fill in %v", first, again)
	}
}

// TestAVerbMayRunItsNetworksInTheEngine makes a fill in the verb's own process, and again in
// the engine's: the same picture, and no engine stays behind.
func TestAVerbMayRunItsNetworksInTheEngine(t *testing.T) {
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	model := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F32")
	img, mask := image.NewNRGBA(image.Rect(0, 0, 96, 80)), image.NewGray(image.Rect(0, 0, 96, 80))
	for y := range 80 {
		for x := range 96 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(2 * x), uint8(3 * y), uint8(x ^ y), 255})
			if image.Pt(x, y).In(image.Rect(30, 20, 60, 50)) {
				mask.SetGray(x, y, color.Gray{255})
			}
		}
	}
	writePicture(t, path("in.png"), img)
	writePicture(t, path("mask.png"), mask)
	common := []string{"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--model", model}
	verbOf(t, bin, append(common, "--engine", "diffusion", "--steps", "2", "--size", "96x80", "--prompt", "a barn", "--out", path("here.png"))...)
	verbOf(t, bin, append(common, "--recipe", path("here.png"), "--isolate", "--out", path("there.png"))...)
	here, there, changed, other := pixels(t, path("here.png")), pixels(t, path("there.png")), 0, 0
	for i, v := range here.Pix {
		switch was := img.Pix[i]; {
		case v != was:
			changed++
		case there.Pix[i] != was:
			t.Fatalf("value %d is %d in the engine's picture, %d before", i, there.Pix[i], was)
		}
		if d := int(v) - int(there.Pix[i]); d != 0 {
			other++ // the runtime may add up in another order on a busy machine
			if d < -1 || d > 1 {
				t.Fatalf("value %d is %d in the engine's picture, %d in the verb's", i, there.Pix[i], v)
			}
		}
	}
	if changed < 900 || other > 5 {
		t.Errorf("%d values changed, %d of them otherwise in the engine", changed, other)
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		if line, _ := os.ReadFile(path); string(line) == bin+"\x00"+engine.Verb+"\x00" {
			t.Errorf("an engine stays behind: %s", path)
		}
	}
}
