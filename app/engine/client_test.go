package engine

import (
	"context"
	"image"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

func TestAResultIsTheSameAcrossTheBorder(t *testing.T) {
	r := open(t, "script")
	r.works()
	r.works() // in the same child
	q := asked("")
	q.Image, q.Mask = image.NewNRGBA(image.Rectangle{}), image.NewAlpha(image.Rectangle{})
	res, err := r.Run(context.Background(), q, nil)
	if err != nil || res.Image == nil || !res.Image.Rect.Empty() {
		t.Errorf("a picture of no pixels: %v, %+v", err, res)
	}
}

func TestProgressNoticesAndPreviewsCross(t *testing.T) {
	var said []string
	var mu sync.Mutex
	r := open(t, "script", func(c *Config) {
		c.Library, c.Device = "/a/library", "webgpu"
		c.Notice = func(s string) { mu.Lock(); said = append(said, s); mu.Unlock() }
	})
	q := asked("steps notice")
	q.Steps, q.Strength = 5, 0.02
	var stages, notices []string
	previews, before := 0, 0.0
	if _, err := r.Run(context.Background(), q, func(p pipeline.Progress) {
		stages = append(stages, p.Stage)
		if p.Notice != "" {
			notices = append(notices, p.Notice)
		}
		if p.Preview != nil {
			if previews++; string(p.Preview.Pix) != string(q.Image.Pix) {
				t.Error("a preview came in other colours")
			}
		}
		if p.Fraction < before && p.Stage == "step" {
			t.Errorf("the fraction fell from %v to %v", before, p.Fraction)
		}
		before = p.Fraction
	}); err != nil {
		t.Fatal(err)
	}
	if previews == 0 || len(stages) < 2 || len(notices) != 1 || !strings.Contains(notices[0], "going on with cpu") {
		t.Errorf("%d previews, stages %q, notices %q", previews, stages, notices)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(said) != 1 || said[0] != "told /a/library webgpu" {
		t.Errorf("outside the run it said %q, want what the settings say", said)
	}
}

func TestWhatNativeCodePrintsDisturbsNothing(t *testing.T) {
	r := open(t, "script")
	if _, err := r.Run(context.Background(), asked("print"), nil); err != nil {
		t.Fatal(err)
	}
	r.works()
}

// TestAnOrdinaryErrorIsTheAnswer with its advice, and is not tried again; nor is a panic of
// the run, which the child survives.
func TestAnOrdinaryErrorIsTheAnswer(t *testing.T) {
	r := open(t, "script")
	begun := 0
	_, err := r.Run(context.Background(), asked("refuse"), func(p pipeline.Progress) {
		if p.Stage == "begun" {
			begun++
		}
	})
	if err == nil || err.Error() != "the model has no face" || fault.Hint(err) != "Choose one that has." || begun != 1 {
		t.Errorf("%#v after %d runs", err, begun)
	}
	if _, err := r.Run(context.Background(), asked("panic"), nil); err == nil || !strings.Contains(err.Error(), "in the run") {
		t.Errorf("a panic came as %v", err)
	}
	r.works()
}

// TestADeadChildIsReplacedOnce and the job is done in the second one.
func TestADeadChildIsReplacedOnce(t *testing.T) {
	r := open(t, "script")
	told := ""
	_, err := r.Run(context.Background(), asked("once="+filepath.Join(t.TempDir(), "died")), func(p pipeline.Progress) {
		if p.Notice != "" {
			told = p.Notice
		}
	})
	if err != nil || !strings.Contains(told, "exit status 4") || !strings.Contains(told, "once more") {
		t.Errorf("%v; the person was told %q", err, told)
	}
}

// TestAJobThatKillsItsChildIsParked with how it ended, what it said last and where else it
// could be tried; the next job finds a fresh child.
func TestAJobThatKillsItsChildIsParked(t *testing.T) {
	r := open(t, "script")
	r.works() // the devices are known from here on
	l := r.lost("die")
	names, labels := l.Elsewhere()
	if text := l.Error(); !strings.Contains(text, "exit status 5") || !strings.Contains(text, "out of handles") || strings.Contains(text, "\x1b") || l.Hint() == "" {
		t.Errorf("it says %q, hint %q", text, l.Hint())
	}
	if l.Device != "cuda" || len(names) != 1 || names[0] != "cpu" || labels[0] != "processor" {
		t.Errorf("it was on %q, offered are %q", l.Device, names)
	}
	if l = r.lost("crash"); !strings.Contains(l.Error(), "panic: somewhere deep") {
		t.Errorf("a crash says %q", l)
	}
	r.works()
}

func TestAChildThatHangsIsEnded(t *testing.T) {
	r := open(t, "script", func(c *Config) {
		c.Patience = func(pipeline.Request) time.Duration { return time.Second }
	})
	if l := r.lost("hang"); !strings.Contains(l.Error(), "no progress for") {
		t.Errorf("it says %q", l)
	}
	r.works()
}

// TestWhatIsNoEngineIsNamed: another program, one that ends or is silent, another build, none.
func TestWhatIsNoEngineIsNamed(t *testing.T) {
	for mode, want := range map[string][]string{
		"garbage": {"invalid message", `"usag"`}, "ends": {"exit status 3", "no graphics here"}, "mute": {"did not answer within"},
		"other": {"0.0.9", "cannot be started", `"test"`},
	} {
		r := open(t, mode, func(c *Config) { c.Starting = 2 * time.Second })
		l := r.lost("steps")
		for _, w := range want {
			if !strings.Contains(l.Error(), w) {
				t.Errorf("%s: it says %q, want %q", mode, l, w)
			}
		}
		if l.Hint() == "" {
			t.Errorf("%s: no advice", mode)
		}
	}
	r := open(t, "", func(c *Config) {
		c.Command = func() *exec.Cmd { return exec.Command(filepath.Join(t.TempDir(), "none")) }
	})
	if l := r.lost("steps"); !strings.Contains(l.Error(), "cannot be started") || !strings.Contains(l.Error(), "none") {
		t.Errorf("without a program it says %q", l)
	}
}

// TestCancelEndsARunAndKeepsTheChild; a run that does not listen costs the child.
func TestCancelEndsARunAndKeepsTheChild(t *testing.T) {
	r := open(t, "script", func(c *Config) { c.Grace = 500 * time.Millisecond })
	first := r.pid()
	for _, prompt := range []string{"sleep", "hang"} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := r.Run(ctx, asked(prompt), func(p pipeline.Progress) {
			if p.Stage == "begun" {
				cancel()
			}
		})
		if err != context.Canceled {
			t.Errorf("%s: %v, want %v", prompt, err, context.Canceled)
		}
		if same := r.pid() == first; same != (prompt == "sleep") {
			t.Errorf("%s: the same child afterwards: %v", prompt, same)
		}
	}
}

// pid runs a job that tells its child's process.
func (r *room) pid() string {
	r.t.Helper()
	pid := ""
	if _, err := r.Run(context.Background(), asked("pid"), func(p pipeline.Progress) { pid = p.Stage }); err != nil {
		r.t.Fatal(err)
	}
	return pid
}

func TestDevicesComeFromTheChildAndAreRemembered(t *testing.T) {
	r := open(t, "script")
	if r.Known() != nil {
		t.Error("devices are known before a child ran")
	}
	list, err := r.Devices(context.Background())
	if err != nil || len(list) != 4 || list[0].Name != "cuda" || len(r.Known()) != 4 {
		t.Errorf("%v: %+v", err, list)
	}
}

// TestEachDeviceHasItsChild and other settings have another one.
func TestEachDeviceHasItsChild(t *testing.T) {
	r := open(t, "script")
	first := r.pid()
	q, other := asked("pid"), ""
	q.Device = "cpu"
	if _, err := r.Run(context.Background(), q, func(p pipeline.Progress) { other = p.Stage }); err != nil || other == first {
		t.Errorf("%v: both devices in process %s", err, other)
	}
	if r.pid() != first {
		t.Error("the first child is gone")
	}
	r.Configure("/another/library", "")
	if r.pid() == first {
		t.Error("the child still has the old settings")
	}
}

func TestEnginesWithoutANetworkNeedNoChild(t *testing.T) {
	r := open(t, "", func(c *Config) {
		c.Local, c.Command = pipeline.New(nil), func() *exec.Cmd { return exec.Command("none/such") }
	})
	q := asked("")
	q.Engine, q.Task = pipeline.Content, pipeline.Inpaint
	clear(q.Mask.Pix)
	q.Mask.Pix[300] = 255
	for i := 3; i < len(q.Image.Pix); i += 4 {
		q.Image.Pix[i] = 255
	}
	if _, err := r.Run(context.Background(), q, nil); err != nil {
		t.Error(err)
	}
}
