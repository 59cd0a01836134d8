package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// sheet is what was measured of one model.
type sheet struct {
	Model       string      `json:"model"`
	Bytes       int64       `json:"bytes"`
	Write       float64     `json:"write_s"` // of the file, by this program
	Open        float64     `json:"open_s,omitempty"`
	Evaluations []timing    `json:"evaluations"`
	Decodes     []timing    `json:"decodes"`
	Pictures    []timing    `json:"pictures"`                  // whole, in a fresh process: start and opening included
	PeakCard    int64       `json:"peak_card_bytes,omitempty"` // most memory in use on the card, by nvidia-smi; of all programs
	Difference  *difference `json:"against_processor,omitempty"`
	Torch       []torchTime `json:"pytorch,omitempty"`
	Errors      []string    `json:"errors,omitempty"`
}

// timing is of one shape: the first run, in which devices compile, and the median of later ones.
type timing struct {
	Size  int     `json:"size"`
	Batch int     `json:"batch"`
	Steps int     `json:"steps,omitempty"`
	First float64 `json:"first_s"`
	Next  float64 `json:"next_s,omitempty"`
	// Captured is the median of evaluations that are recorded and repeated (graph capture), Opened the
	// one in which the network was opened for it.
	Captured float64 `json:"captured_s,omitempty"`
	Opened   float64 `json:"capture_open_s,omitempty"`
}

// difference is the root of the mean square error against the processor over that of the values.
type difference struct {
	Evaluation float64 `json:"evaluation"`
	Decode     float64 `json:"decode"`
}

type bench struct {
	report                   report
	runtime                  *ort.Runtime
	dir, cli, python, device string
	card                     *card
	began                    time.Time
	limit                    time.Duration

	mu sync.Mutex
}

func (b *bench) since(t time.Time) float64 { return math.Round(time.Since(t).Seconds()*1e4) / 1e4 }

func (b *bench) notice(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report.Notices = append(b.report.Notices, text)
}

// time says whether there is time for what is named, and notes it where not.
func (b *bench) time(ctx context.Context, what string) bool {
	if ctx.Err() != nil {
		b.report.Left = append(b.report.Left, what)
	}
	return ctx.Err() == nil
}

// model measures one model, the figures that matter most first.
func (b *bench) model(ctx context.Context, p plan) {
	name := p.model.Name
	if !b.time(ctx, name) {
		return
	}
	s := &sheet{Model: name, Evaluations: []timing{}, Decodes: []timing{}, Pictures: []timing{}}
	b.report.Models = append(b.report.Models, s)
	fail := func(what string, err error) {
		if errors.Is(err, context.DeadlineExceeded) {
			b.report.Left = append(b.report.Left, name+" "+what)
		} else if err != nil {
			s.Errors = append(s.Errors, what+": "+err.Error())
		}
	}
	dir := filepath.Join(b.dir, name)
	path := filepath.Join(dir, name+".safetensors")
	began := time.Now()
	if err := p.model.WriteTo(dir, "single", "F16"); err != nil {
		fail("write", err)
		return
	}
	defer os.RemoveAll(dir)
	if st, err := os.Stat(path); err == nil {
		s.Bytes, s.Write = st.Size(), b.since(began)
	}
	ck, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		fail("checkpoint", err)
		return
	}
	b.card.reset()
	fail("denoiser", b.denoiser(ctx, ck, p, s))
	fail("decoder", b.decoder(ctx, ck, p, s))
	for _, size := range p.sizes {
		if b.time(ctx, fmt.Sprintf("%s picture %d", name, size)) {
			fail(fmt.Sprintf("picture %d", size), b.picture(ctx, path, size, p.steps, s))
		}
	}
	s.PeakCard = b.card.peak()
	if b.time(ctx, name+" difference to the processor") {
		fail("difference to the processor", b.compare(ctx, ck, p, s))
	}
	if b.time(ctx, name+" PyTorch") {
		s.Torch, err = b.torch(ctx, p)
		fail("PyTorch", errors.Join(err, same(s.Torch, ck)))
	}
}

// at refuses a network that has landed on another device than the one that is measured.
func at(device, found string) error {
	if found != device {
		return fmt.Errorf("it runs on %s, want %s", found, device)
	}
	return nil
}

func input(p plan, size, batch int) unet.Input {
	in := unet.Input{X: pipelinetest.UnitNoise("bench.x", batch, 4, size/8, size/8), Timesteps: []float32{500}, Context: pipelinetest.UnitNoise("bench.c", batch, 77, p.context())}
	if w := p.model.Unet.Label; w > 0 {
		in.Label = pipelinetest.UnitNoise("bench.label", batch, w)
	}
	return in
}

// timed runs do once and then up to three times more while there is time.
func (b *bench) timed(ctx context.Context, t timing, do func() error) (timing, error) {
	began := time.Now()
	if err := do(); err != nil {
		return t, err
	}
	t.First = b.since(began)
	var next []float64
	for range 3 {
		if ctx.Err() != nil {
			break
		}
		began = time.Now()
		if err := do(); err != nil {
			return t, err
		}
		next = append(next, b.since(began))
	}
	if slices.Sort(next); len(next) > 0 {
		t.Next = next[len(next)/2]
	}
	return t, nil
}

func (b *bench) denoiser(ctx context.Context, ck *checkpoint.Checkpoint, p plan, s *sheet) error {
	began := time.Now()
	net, err := unet.Open(ctx, b.runtime, ck, model.Options{Device: b.device, Fast: true}, graph.Variant{})
	if err != nil {
		return err
	}
	s.Open = b.since(began)
	err = b.evaluations(ctx, net, p, s)
	if err = errors.Join(err, net.Close()); err != nil || !b.time(ctx, p.model.Name+" graph capture") {
		return err
	}
	return b.captured(ctx, ck, s, p)
}

// captured measures the evaluations of s once more, recorded and repeated. A device that does not
// do that says so by a notice.
func (b *bench) captured(ctx context.Context, ck *checkpoint.Checkpoint, s *sheet, p plan) error {
	net, err := unet.Open(ctx, b.runtime, ck, model.Options{Device: b.device, Fast: true, Capture: model.CaptureAlways}, graph.Variant{})
	if err != nil {
		return err
	}
	defer net.Close()
	for i := range s.Evaluations {
		e := &s.Evaluations[i]
		if !b.time(ctx, fmt.Sprintf("%s graph capture %d, batch %d", p.model.Name, e.Size, e.Batch)) {
			return nil
		}
		in := input(p, e.Size, e.Batch)
		eval := func() error { _, err := net.Eval(ctx, in); return err }
		began := time.Now()
		err := eval()
		if err == nil {
			began = time.Now()
			err = eval()
		}
		if err != nil || !net.Recorded() {
			return err
		}
		e.Opened = b.since(began)
		t, err := b.timed(ctx, timing{}, eval)
		if err != nil {
			return fmt.Errorf("graph capture, size %d, batch %d: %w", e.Size, e.Batch, err)
		}
		e.Captured = t.Next
	}
	return nil
}

func (b *bench) evaluations(ctx context.Context, net *unet.Network, p plan, s *sheet) error {
	for _, size := range p.sizes {
		for _, batch := range p.batches {
			what := fmt.Sprintf("%s evaluation %d, batch %d", p.model.Name, size, batch)
			if !b.time(ctx, what) {
				continue
			}
			in := input(p, size, batch)
			t, err := b.timed(ctx, timing{Size: size, Batch: batch}, func() error { _, err := net.Eval(ctx, in); return err })
			if err == nil {
				err = at(b.device, net.Device())
			}
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				b.report.Left = append(b.report.Left, what)
			case err != nil:
				return fmt.Errorf("size %d, batch %d: %w", size, batch, err)
			default:
				s.Evaluations = append(s.Evaluations, t)
			}
		}
	}
	return nil
}

func (b *bench) decoder(ctx context.Context, ck *checkpoint.Checkpoint, p plan, s *sheet) error {
	d, err := vae.OpenDecoder(b.runtime, ck, model.Options{Device: b.device, Fast: true}, graph.Variant{})
	if err != nil {
		return err
	}
	defer d.Close()
	for _, size := range p.sizes {
		if !b.time(ctx, fmt.Sprintf("%s decode %d", p.model.Name, size)) {
			continue
		}
		z := latent(size)
		t, err := b.timed(ctx, timing{Size: size, Batch: 1}, func() error { _, err := d.Decode(ctx, z); return err })
		if err == nil {
			err = at(b.device, d.Device())
		}
		if err != nil {
			return fmt.Errorf("size %d: %w", size, err)
		}
		s.Decodes = append(s.Decodes, t)
	}
	return nil
}

func latent(size int) *tensor.Tensor {
	return pipelinetest.UnitNoise("bench.z", 1, 4, size/8, size/8)
}

// picture makes a whole one by the verb.
func (b *bench) picture(ctx context.Context, path string, size, steps int, s *sheet) error {
	c := exec.CommandContext(ctx, b.cli, "generate", "--model", path, "--device", b.device, "--prompt", "a photo of a cat", "--seed", "1", "--steps", strconv.Itoa(steps),
		"--size", fmt.Sprintf("%dx%d", size, size), "--out", filepath.Join(b.dir, "picture.png"))
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %s", err, out)
	}
	s.Pictures = append(s.Pictures, timing{Size: size, Batch: 1, Steps: steps, First: b.since(began)})
	return nil
}

// compare runs denoiser and decoder on both devices at the smallest size.
func (b *bench) compare(ctx context.Context, ck *checkpoint.Checkpoint, p plan, s *sheet) error {
	size := p.sizes[0]
	in, z := input(p, size, 1), latent(size)
	var evals, images [2]*tensor.Tensor
	for i, device := range []string{b.device, "cpu"} {
		o := model.Options{Device: device}
		net, err := unet.Open(ctx, b.runtime, ck, o, graph.Variant{})
		if err != nil {
			return err
		}
		evals[i], err = net.Eval(ctx, in)
		err = errors.Join(err, at(device, net.Device()), net.Close())
		if err != nil {
			return err
		}
		d, err := vae.OpenDecoder(b.runtime, ck, o, graph.Variant{})
		if err != nil {
			return err
		}
		images[i], err = d.Decode(ctx, z)
		err = errors.Join(err, at(device, d.Device()), d.Close())
		if err != nil {
			return err
		}
	}
	s.Difference = &difference{pipelinetest.Relative(evals[0].Data, evals[1].Data), pipelinetest.Relative(images[0].Data, images[1].Data)}
	return nil
}

// torchTime is the same denoiser's in PyTorch: eager, and compiled where that works.
type torchTime struct {
	Version  string  `json:"version"`
	Device   string  `json:"device"`
	Size     int     `json:"size"`
	Batch    int     `json:"batch"`
	Eager    float64 `json:"eager_s"`
	Threads  int     `json:"threads,omitempty"` // of the processor
	Numbers  int64   `json:"parameters"`
	Compiled float64 `json:"compiled_s,omitempty"`
	Why      string  `json:"not_compiled,omitempty"`
}

// same refuses times of a network that has not as many weights as ours.
func same(times []torchTime, ck *checkpoint.Checkpoint) error {
	want := int64(0)
	for _, t := range ck.Denoiser.Tensors {
		want += t.Count()
	}
	for _, t := range times {
		if t.Numbers != want {
			return fmt.Errorf("its network has %d parameters, want %d", t.Numbers, want)
		}
	}
	return nil
}

// torch times the same network in PyTorch where this Python has it; nil where not.
func (b *bench) torch(ctx context.Context, p plan) ([]torchTime, error) {
	if exec.CommandContext(ctx, b.python, "-c", "import torch").Run() != nil {
		return nil, nil
	}
	spec, err := json.Marshal(map[string]any{"unet": p.model.Unet, "sizes": p.sizes, "batches": p.batches, "seconds": max(0, (b.limit - time.Since(b.began)).Seconds())})
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, b.python, "-c", torchProgram, string(spec)).Output()
	if err != nil {
		if child := (*exec.ExitError)(nil); errors.As(err, &child) {
			err = fmt.Errorf("%w: %s", err, child.Stderr)
		}
		return nil, err
	}
	var all []torchTime
	return all, json.Unmarshal(out, &all)
}
