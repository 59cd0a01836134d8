package merging_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk/desktest"
	"pentimento/app/jobs"
	"pentimento/app/merging"
	"pentimento/app/models"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/merge"
	"pentimento/pipeline/pipelinetest"
)

// bench is a Merging with a desk of its own, and two models of one family in a folder.
type bench struct {
	*merging.Merging
	t    *testing.T
	desk *desktest.Desk
	jobs *jobs.Queue
	all  *models.Models
	dir  string
	a, b string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	e := &bench{t: t, desk: desktest.New(t), jobs: jobs.New(1, nil), dir: t.TempDir()}
	e.all = models.New(e.desk.Desk, nil, pipeline.New(nil).TextWindow)
	e.all.Library.Collection = collection.Open("")
	e.Merging = merging.New(e.desk.Desk, e.jobs, e.all)
	t.Cleanup(func() { e.jobs.Close(); e.all.Close() })
	e.a, e.b = e.model("tiny15", "a", 0), e.model("tiny15", "b", 20)
	return e
}

func (e *bench) model(family, name string, salt uint64) string {
	e.t.Helper()
	m := pipelinetest.Tiny(e.t, family)
	m.Name, m.Salt = name, salt
	if err := m.WriteTo(e.dir, "single", "F16"); err != nil {
		e.t.Fatal(err)
	}
	return filepath.Join(e.dir, name+".safetensors")
}

func (e *bench) out(name string) string { return merging.File(e.dir, name) }

// look is what Look answers.
func (e *bench) look(w merging.Work) (f merging.Found, err error) {
	e.t.Helper()
	answered := false
	e.Look(w, func(g merging.Found, wrong error) { f, err, answered = g, wrong, true })
	e.desk.Until("the look", func() bool { return answered })
	return f, err
}

// end runs the window's goroutine until a job has ended and was told.
func (e *bench) end(id jobs.ID) jobs.Status {
	e.t.Helper()
	for limit := time.Now().Add(2 * time.Minute); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		state := jobs.Running
		for _, i := range e.jobs.List() {
			if i.ID == id {
				state = i.Status
			}
		}
		for len(e.desk.Posted) > 0 { // a job posts before it has ended
			(<-e.desk.Posted)()
		}
		if state.Final() {
			return state
		}
	}
	e.t.Fatal("the job never ended")
	return 0
}

// names are the files of the folder, hidden ones too.
func (e *bench) names() string {
	e.t.Helper()
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		e.t.Fatal(err)
	}
	var all []string
	for _, f := range entries {
		all = append(all, f.Name())
	}
	return strings.Join(all, " ")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTheWindowMakesTheVerbsFile: of a merge, an extraction and a resizing, bit for bit, with the
// recipe; the look tells its size; the library has it then, and it is offered once.
func TestTheWindowMakesTheVerbsFile(t *testing.T) {
	e := newBench(t)
	ctx := context.Background()
	graded := merge.Blocks{Base: 0.25, Of: merge.Presets[0].Of(25)}
	list := "0.25"
	for _, v := range graded.Of {
		list += fmt.Sprintf(", %g", v)
	}
	merged := func(o merge.Options) func(io.Writer) error {
		return func(w io.Writer) error {
			j, err := merge.Open(o)
			if err != nil {
				return err
			}
			var sums [3]merge.Sums
			for i, path := range []string{o.A, o.B} {
				if path != "" {
					sum, old, err := pipeline.ModelSums(ctx, path)
					if err != nil {
						return err
					}
					sums[i] = merge.Sums{SHA256: sum, Old: old}
				}
			}
			return j.Write(ctx, w, j.Metadata(sums), nil)
		}
	}
	lora := e.out("lora")
	for _, c := range []struct {
		w    merging.Work
		want func(io.Writer) error
	}{
		{merging.Merge{Out: e.out("m"), Method: "weighted", A: e.a, B: e.b, C: "not read", Alpha: 0.3, AlphaOf: " "},
			merged(merge.Options{Method: "weighted", A: e.a, B: e.b, Alpha: merge.Uniform(0.3)})},
		{merging.Merge{Out: e.out("blocks"), Method: "weighted", A: e.a, B: e.b, AlphaOf: list, Type: "F32"},
			merged(merge.Options{Method: "weight", A: e.a, B: e.b, Alpha: graded, Type: "F32"})},
		{merging.Extraction{Out: lora, Tuned: e.b, Base: e.a, Rank: 4, Only: "text", Type: "F16"},
			func(w io.Writer) error {
				return merge.Extract(ctx, merge.Extraction{Tuned: e.b, Base: e.a, Rank: 4, Only: "text", Type: "F16"}, w, nil)
			}},
		{merging.Resizing{Out: e.out("small"), File: lora, Rank: 3, Keep: 0.5},
			func(w io.Writer) error {
				_, err := merge.Resize(ctx, merge.Resizing{File: lora, Rank: 3, Keep: 0.5}, w, nil)
				return err
			}},
		{merging.Merge{Out: e.out("baked"), Method: "none", A: e.a, B: "not read", AlphaOf: "nonsense", Adapters: []merging.Adapter{{lora, 0.5}}},
			merged(merge.Options{Method: "none", A: e.a, Adapters: []merge.Baked{{File: lora, Denoiser: 0.5, Text: 0.5}}})},
	} {
		f, err := e.look(c.w)
		if err != nil || f.There || f.Room == 0 {
			t.Fatalf("%+v: %+v, %v", c.w, f, err)
		}
		if state := e.end(e.Start(c.w, false)); state != jobs.Done {
			t.Fatalf("%+v ended %s: %v", c.w, state, e.desk.Seen.Failed)
		}
		var want bytes.Buffer
		if err := c.want(&want); err != nil {
			t.Fatal(err)
		}
		made := e.Made()
		path := made[len(made)-1].Path
		got := read(t, path)
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: %d bytes differ from the verb's %d", path, len(got), want.Len())
		}
		if over := f.Bytes - int64(len(got)); over > 0 && strings.Contains(path, "m.s") || f.Bytes < int64(len(got))-1<<17 {
			t.Errorf("%s: %d bytes were announced, and there are %d", path, f.Bytes, len(got))
		}
		e.desk.Until("the library", func() bool { item, ok := e.all.Library.Get(path); return ok && item.Problem == "" })
	}
	e.PutAway(e.out("m"))
	if n := len(e.Made()); n != 4 {
		t.Errorf("%d are offered after one was put away", n)
	}
	if f, err := e.look(merging.Merge{Out: e.out("m"), Method: "weighted", A: e.a, B: e.b}); err != nil || !f.There || f.Free != e.out("m-2") {
		t.Errorf("of a file that is there: %+v, %v", f, err)
	}
}

// TestNoFileIsLostToAMerge: none that is there is written over unasked, and none that is read ever.
func TestNoFileIsLostToAMerge(t *testing.T) {
	e := newBench(t)
	taken := e.out("taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(e.dir, "link.safetensors")
	if err := os.Symlink(e.b, link); err != nil {
		t.Fatal(err)
	}
	before := [][]byte{read(t, e.a), read(t, e.b)}
	for _, c := range []struct {
		out  string
		over bool
		want string
	}{{taken, false, "there already"}, {e.a, true, "files that are read"}, {link, true, "files that are read"}} {
		if c.out == link && runtime.GOOS == "windows" {
			continue // wine doesn't say that a link and its file are one; what is replaced is the link
		}
		n := len(e.desk.Seen.Failed)
		if state := e.end(e.Start(merging.Merge{Out: c.out, Method: "weighted", A: e.a, B: e.b, Alpha: 0.5}, c.over)); state != jobs.Failed {
			t.Errorf("%s: %s", c.out, state)
		}
		if f := e.desk.Seen.Failed; len(f) != n+1 || !strings.Contains(f[n].Error(), c.want) || fault.Hint(f[n]) == "" {
			t.Errorf("%s: %v, want %q", c.out, f[n:], c.want)
		}
	}
	if string(read(t, taken)) != "mine" || !bytes.Equal(before[0], read(t, e.a)) || !bytes.Equal(before[1], read(t, e.b)) {
		t.Error("a file is another now")
	}
	if state := e.end(e.Start(merging.Merge{Out: taken, Method: "weighted", A: e.a, B: e.b, Alpha: 0.5}, true)); state != jobs.Done || len(read(t, taken)) < 1000 {
		t.Errorf("one that may be replaced: %s, %v", state, e.desk.Seen.Failed)
	}
}

// TestACancelledMergeLeavesNothing of its file, at any moment, and offers nothing.
func TestACancelledMergeLeavesNothing(t *testing.T) {
	e := newBench(t)
	before := e.names()
	for i := range 6 {
		id := e.Start(merging.Merge{Out: e.out("never"), Method: []string{"weighted", "cosineA"}[i%2], A: e.a, B: e.b, Alpha: 0.5, Type: "F32"}, false)
		second := e.Start(merging.Extraction{Out: e.out("nor"), Tuned: e.a, Base: e.b, Rank: 32, Type: "F32"}, false) // waits for its turn
		time.Sleep(time.Duration(i*i) * 3 * time.Millisecond)
		e.jobs.Cancel(second)
		e.jobs.Cancel(id)
		if state := e.end(id); state == jobs.Done { // it was faster
			os.Remove(e.out("never"))
		} else if state != jobs.Cancelled {
			t.Errorf("it ended %s: %v", state, e.desk.Seen.Failed)
		}
		if state := e.end(second); state != jobs.Cancelled {
			t.Errorf("the one that waited ended %s", state)
		}
		if now := e.names(); now != before {
			t.Fatalf("it left %q, there was %q", now, before)
		}
	}
}

// TestWhatDoesNotGoTogetherIsToldInWords as soon as it is chosen; what is only not chosen yet is no mistake.
func TestWhatDoesNotGoTogetherIsToldInWords(t *testing.T) {
	e := newBench(t)
	xl := e.model("tinyxl", "xl", 0)
	lora := pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, e.dir, "leaf", 4)
	out := e.out("never")
	for _, c := range []struct {
		w          merging.Work
		want       string
		unfinished bool
	}{
		{merging.Merge{Out: out, Method: "add", A: e.a, B: xl}, `"a.safetensors" is SD 1.x, and "xl.safetensors" is SDXL`, false},
		{merging.Merge{Out: out, Method: "weighted", A: e.a, B: lora}, `"leaf.safetensors" is this: adapter`, false},
		{merging.Merge{Out: out, Method: "weighted", A: lora, B: lora}, `"leaf.safetensors" is this: adapter`, false},
		{merging.Merge{Out: out, Method: "none", A: e.a, Adapters: []merging.Adapter{{e.b, 1}}}, `"b.safetensors" is this: checkpoint`, false},
		{merging.Merge{Out: out, Method: "weighted", A: e.a, B: e.b, AlphaOf: "1,2,x"}, `"x" is no number`, false},
		{merging.Merge{Out: out, Method: "weighted", A: e.a, B: e.b, AlphaOf: "1,2,3"}, "3 numbers, want 26 (BASE, IN00–IN11, M00, OUT00–OUT11), or 20", false},
		{merging.Merge{Out: out, Method: "weighted", A: e.a, B: e.b, AlphaOf: strings.Repeat("1 ", 19) + "0"}, "20 numbers, and A has 25 blocks", false},
		{merging.Merge{Out: filepath.Join(e.dir, "none", "x.safetensors"), Method: "weighted", A: e.a, B: e.b}, "there is no folder", false},
		{merging.Merge{Out: e.a, Method: "weighted", A: e.a, B: e.b}, "one of the files that are read", false},
		{merging.Extraction{Out: out, Tuned: xl, Base: e.a, Rank: 4, Type: "F16"}, `SDXL, and "a.safetensors" is SD 1.x`, false},
		{merging.Resizing{Out: out, File: e.a, Rank: 4}, `"a.safetensors" is this: checkpoint`, false},
		{merging.Merge{Out: out, Method: "add", A: e.a, B: e.b}, "Choose model C", true},
		{merging.Merge{Out: out, Method: "none", A: e.a, B: e.b}, "Nothing is changed", true},
		{merging.Merge{Out: merging.File(e.dir, " "), Method: "weighted", A: e.a, B: e.b}, "no name", true},
		{merging.Extraction{Out: out, Tuned: e.a, Rank: 4, Type: "F16"}, "trained from", true},
		{merging.Resizing{Out: out, Rank: 4}, "Choose the LoRA", true},
	} {
		if _, err := e.look(c.w); err == nil || !strings.Contains(err.Error(), c.want) || merging.Unfinished(err) != c.unfinished {
			t.Errorf("%v, want %q, unfinished %v", err, c.want, c.unfinished)
		}
	}
}

// TestOfManyLooksTheLastIsAnswered, and no other that came while one ran.
func TestOfManyLooksTheLastIsAnswered(t *testing.T) {
	e := newBench(t)
	var answered []int
	for i := range 20 {
		e.Look(merging.Resizing{}, func(merging.Found, error) { answered = append(answered, i) })
	}
	e.desk.Until("the last look", func() bool { return len(answered) > 0 && answered[len(answered)-1] == 19 })
	if len(answered) != 1 {
		t.Errorf("looks %v were answered, want the last alone", answered)
	}
}
