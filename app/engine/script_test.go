package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

// The tests' child is the test itself, started again with modeVariable set: an engine whose
// runs do what their prompt says.
const modeVariable = "PENTIMENTO_TEST_ENGINE"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(modeVariable); mode {
	case "":
		os.Exit(m.Run())
	case "window":
		window()
	default:
		engineOf(mode)
	}
}

// engineOf is the child.
func engineOf(mode string) {
	switch mode {
	case "mute":
		time.Sleep(time.Minute)
	case "garbage":
		_, out, _ := inherited()
		fmt.Fprintln(out, "usage: pentimento VERB")
		time.Sleep(time.Minute)
	case "ends":
		fmt.Fprintln(os.Stderr, "no graphics here")
		os.Exit(3)
	}
	version := "test"
	if mode == "other" {
		version = "0.0.9"
	}
	err := Child(version, func(s Start, say func(string)) (Backend, error) {
		say("told " + s.Library + " " + s.Device)
		return Backend{Runner: script{}, Devices: func() []Device {
			return []Device{{Name: "cuda", Label: "graphics", Ready: true}, {Name: "tensorrt", Ready: true}, {Name: "webgpu"}, {Name: "cpu", Label: "processor", Ready: true}}
		}}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// script is a Runner that does what the prompt says, word by word.
type script struct{}

func (script) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	report(pipeline.Progress{Stage: "begun"})
	for word := range strings.FieldsSeq(q.Prompt) {
		word, rest, _ := strings.Cut(word, "=")
		switch word {
		case "steps":
			for i := range q.Steps {
				report(pipeline.Progress{Stage: "step", Fraction: float64(i) / float64(q.Steps), Preview: q.Image})
				if wait(ctx, time.Duration(q.Strength*float64(time.Second))) != nil {
					return nil, ctx.Err()
				}
			}
		case "clock": // steps apart from each other that say when they were
			for range q.Steps {
				_ = wait(ctx, 30*time.Millisecond)
				report(pipeline.Progress{Stage: fmt.Sprint(time.Now().UnixNano()), Preview: q.Image})
			}
		case "notice":
			report(pipeline.Progress{Notice: "cuda failed; going on with cpu"})
		case "once": // dies unless it did before
			if _, err := os.Stat(rest); err != nil {
				_ = os.WriteFile(rest, nil, 0o600)
				os.Exit(4)
			}
		case "die":
			fmt.Println("loading libcuda.so.1")
			fmt.Fprintln(os.Stderr, "driver: \x1b[31mout of handles\x1b[0m")
			os.Exit(5)
		case "crash":
			go func() { panic("somewhere deep") }()
			select {}
		case "panic":
			panic("in the run")
		case "hang":
			select {}
		case "sleep":
			if wait(ctx, time.Minute) != nil {
				return nil, ctx.Err()
			}
		case "freeze":
			freeze()
		case "print":
			for range 10_000 {
				fmt.Println("native code that talks to itself")
				fmt.Fprintln(os.Stderr, "and complains")
			}
		case "refuse":
			return nil, fault.New("the model has no face", "Choose one that has.")
		case "pid":
			report(pipeline.Progress{Stage: fmt.Sprint(os.Getpid())})
		case "child": // starts a process that outlives it, and writes down which
			c := exec.Command("sleep", "300")
			_ = c.Start()
			f, _ := os.OpenFile(rest, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			fmt.Fprintln(f, c.Process.Pid)
			_ = f.Close()
		}
	}
	return painted(q), nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// painted inverts the picture where the mask is.
func painted(q pipeline.Request) *pipeline.Result {
	img := image.NewNRGBA(q.Image.Rect)
	copy(img.Pix, q.Image.Pix)
	for i, v := range q.Mask.Pix {
		if v > 0 {
			img.Pix[4*i] ^= 255
		}
	}
	q.Steps++
	return &pipeline.Result{Image: img, Mask: q.Mask, Request: q, Seeds: []int64{q.Seed}, Device: "cpu"}
}

// room is a client of a scripted child.
type room struct {
	*Client
	t testing.TB
}

func open(t testing.TB, mode string, change ...func(*Config)) *room {
	t.Helper()
	c := Config{Version: "test", Command: func() *exec.Cmd {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		k := exec.Command(self)
		k.Env = append(os.Environ(), modeVariable+"="+mode)
		return k
	}}
	for _, f := range change {
		f(&c)
	}
	r := &room{New(c), t}
	t.Cleanup(r.Close)
	return r
}

func asked(prompt string) pipeline.Request {
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Image: image.NewNRGBA(image.Rect(-8, 0, 24, 16)), Mask: image.NewAlpha(image.Rect(-8, 0, 24, 16))}, Text: pipeline.Text{Prompt: prompt}, Sampling: pipeline.Sampling{Seed: 3}}
	for i := range q.Image.Pix {
		q.Image.Pix[i] = uint8(i)
	}
	for i := range q.Mask.Pix {
		q.Mask.Pix[i] = uint8(i & 1 * 255)
	}
	return q
}

// works says whether an ordinary run comes back as it should.
func (r *room) works() {
	r.t.Helper()
	q := asked("steps notice")
	q.Steps = 3
	res, err := r.Run(context.Background(), q, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if want := painted(q); string(res.Image.Pix) != string(want.Image.Pix) || res.Image.Rect != want.Image.Rect || string(res.Mask.Pix) != string(q.Mask.Pix) ||
		res.Request.Steps != 4 || res.Request.Image != q.Image || res.Seeds[0] != 3 || res.Device != "cpu" {
		r.t.Fatalf("the result is %+v", res)
	}
}

// lost runs a prompt that must end in a Lost.
func (r *room) lost(prompt string) *Lost {
	r.t.Helper()
	_, err := r.Run(context.Background(), asked(prompt), nil)
	var l *Lost
	if !errors.As(err, &l) {
		r.t.Fatalf("%s: %v, want a Lost", prompt, err)
	}
	return l
}
