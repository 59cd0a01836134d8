package keeping

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
)

// The killed child: this test binary started again, painting, filling and saving through
// the editor until it is killed. Before each change of the picture reaches the journal it
// prints what the picture now is, and before each loss of a candidate that it is lost.
const (
	childDir  = "PENTIMENTO_KILLED_DIR"
	childSeed = "PENTIMENTO_KILLED_SEED"
	kills     = "PENTIMENTO_KILLS" // how often TestKilledAtRandomInstants kills
)

// teller prints every change before the journal hears of it.
type teller struct {
	canvas.Watcher
	b *bench
}

func tell(kind string, what any) { fmt.Printf("%s %d %v\n", kind, time.Now().UnixNano(), what) }

func (w teller) present(moments []canvas.Moment, at int) { tell("P", digest(moments, at)) }

func (w teller) Pushed(m canvas.Moment, dropped int) {
	w.present(w.b.doc.Moments())
	w.Watcher.Pushed(m, dropped)
}

func (w teller) Moved(at int) { w.present(w.b.doc.Moments()); w.Watcher.Moved(at) }

func (w teller) Activated(s *canvas.State) { w.present(w.b.doc.Moments()); w.Watcher.Activated(s) }

// digest names a history by all that is in its present picture, its length and place.
func digest(moments []canvas.Moment, at int) string {
	h := sha256.New()
	s := moments[at].State
	fmt.Fprintln(h, len(moments), at, moments[at].Label, s.Active, s.Frame)
	for _, l := range s.Layers {
		fmt.Fprintln(h, l.ID, l.Name, l.Visible, l.Opacity, l.Blend, l.Offset, l.Placed != nil, l.Group, l.Parent, l.PassThrough, l.Collapsed, l.Clip, l.Lock, l.Guide)
		hashGrid(h.Write, l.Tiles, func(t *canvas.Tile) []byte { return t.Pix[:] })
		if l.Mask != nil {
			fmt.Fprintln(h, l.Mask.Outside, l.Mask.Off)
			hashGrid(h.Write, l.Mask.Tiles, func(t *canvas.MaskTile) []byte { return t.Pix[:] })
		}
	}
	hashGrid(h.Write, s.Mask, func(t *canvas.MaskTile) []byte { return t.Pix[:] })
	for _, r := range s.References {
		fmt.Fprintln(h, r.Name, r.Layer)
		if r.Image != nil { // else it is taken of a guide layer or of the picture
			fmt.Fprintln(h, r.Image.Rect)
			h.Write(r.Image.Pix)
		}
	}
	for _, o := range s.Origins {
		fmt.Fprintln(h, o.Rect, o.Layer, string(o.Recipe))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func hashGrid[T any](write func([]byte) (int, error), g canvas.Grid[T], pix func(*T) []byte) {
	var keys []canvas.TileKey
	g.Each(func(k canvas.TileKey, _ *T) { keys = append(keys, k) })
	slices.SortFunc(keys, func(a, b canvas.TileKey) int { return int(a.Y-b.Y)*100000 + int(a.X-b.X) })
	for _, k := range keys {
		write(fmt.Append(nil, k))
		write(pix(g.At(k)))
	}
}

// TestKilledChild is the child and does nothing by itself.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	seed, _ := strconv.ParseUint(os.Getenv(childSeed), 10, 64)
	b := newKeptBench(t, filepath.Join(dir, "journals"), nil)
	c := &child{b: b, rng: rand.New(rand.NewPCG(seed, 1)), project: filepath.Join(dir, "picture.ora"), seen: map[*fills.Candidate]bool{}}
	b.d.Listen(c.follow)
	c.watch()
	c.b.put(texture(image.Rect(-30, -30, 180, 150), seed))
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		c.step()
	}
}

type child struct {
	b       *bench
	rng     *rand.Rand
	project string
	seen    map[*fills.Candidate]bool
}

func (c *child) watch() { c.b.doc.Watch(teller{c.b.j, c.b}) }

// follow tells of each candidate that the window would show now.
func (c *child) follow(ch desk.Change) {
	for _, s := range c.b.Fills.Stacks() {
		for _, k := range s.Candidates {
			if !c.seen[k] {
				c.seen[k] = true
				tell("C", k.Result.Request.Seed)
			}
		}
	}
}

func (c *child) step() {
	b, rng := c.b, c.rng
	switch rng.IntN(16) {
	case 10, 11: // groups, masks, clipping, locks
		b.Edit("rearrange", func(ed *canvas.Edit) {
			l := ed.State().Layers
			canvastest.Rearrange(rng, ed, l[rng.IntN(len(l))].ID)
		})
	case 0:
		b.Undo()
	case 1:
		b.Redo()
	case 2:
		b.AddLayer()
	case 3:
		l := b.doc.State().Layers
		b.SetActive(l[rng.IntN(len(l))].ID)
	case 4:
		b.SaveTo(c.project, nil)
	case 5, 6:
		x, y := rng.IntN(110), rng.IntN(90)
		b.maskRect(image.Rect(x, y, x+8+rng.IntN(20), y+8+rng.IntN(20)))
		b.SetFill(func(f *settings.Fill) { f.Count, f.LockSeed = 1+rng.IntN(2), false })
		b.Fills.Fill()
		if rng.IntN(3) > 0 {
			b.idle()
		}
	case 7:
		c.lose()
		b.Fills.Accept()
	case 8:
		c.lose()
		b.Fills.DiscardAll()
	case 9:
		b.AddReference("bird", canvastest.Picture(rng, image.Rect(0, 0, 20, 20), true))
	default:
		b.Edit("stroke", func(ed *canvas.Edit) {
			colour := [4]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), 40, 255}
			canvastest.Paint(ed, ed.State().Active, canvastest.Stroke(rng, image.Rect(-40, -40, 220, 200), 30), 6, colour)
		})
	}
	for len(b.posted) > 0 {
		(<-b.posted)()
	}
	time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
}

// lose tells which candidates the next action takes away.
func (c *child) lose() {
	if s := c.b.Fills.Shown(); s != nil {
		for _, k := range s.Candidates {
			tell("L", k.Result.Request.Seed)
		}
		for seed := range 3 { // and those that arrive while it does
			tell("L", s.Request.Seed+int64(seed))
		}
	}
}

// heard is what the child told before it was killed.
type heard struct {
	pictures []said
	alive    map[string]bool // candidates
}

type said struct {
	when time.Time
	what string
}

// runKilled starts a child and kills it after a while.
func runKilled(t *testing.T, dir string, seed uint64, after time.Duration) (heard, time.Time) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSeed+"="+fmt.Sprint(seed))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := heard{alive: map[string]bool{}}
	done, started := make(chan bool), make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f := strings.Fields(lines.Text())
			if len(f) != 3 {
				continue
			}
			ns, _ := strconv.ParseInt(f[1], 10, 64)
			switch f[0] {
			case "P":
				h.pictures = append(h.pictures, said{time.Unix(0, ns), f[2]})
				select {
				case started <- true:
				default:
				}
			case "C":
				h.alive[f[2]] = true
			case "L":
				delete(h.alive, f[2])
			}
		}
		close(done)
	}()
	select {
	case <-started:
	case <-done:
	case <-time.After(60 * time.Second):
	}
	select {
	case <-done:
		t.Errorf("the child of seed %d ended by itself", seed)
	case <-time.After(after):
	}
	killed := time.Now()
	cmd.Process.Kill()
	<-done
	cmd.Wait()
	return h, killed
}

// TestKilledAtRandomInstants kills the program while it paints, fills and saves. Each time
// it comes back with at most the last second lost, with every candidate that was shown, and
// with no file that cannot be read. `make proof` does so 285 times, and 15 times in the
// window.
func TestKilledAtRandomInstants(t *testing.T) {
	n := 6
	if v, err := strconv.Atoi(os.Getenv(kills)); err == nil {
		n = v
	} else if testing.Short() {
		n = 2
	}
	rng := canvastest.Chance(t)
	recovered, nothing, candidates := 0, 0, 0
	var worst time.Duration
	for i := range n {
		dir := t.TempDir()
		seed, after := rng.Uint64(), time.Duration(rng.Int64N(int64(2500*time.Millisecond)))
		h, killed := runKilled(t, dir, seed, after)
		lost, found, had := judge(t, dir, h, killed)
		if t.Failed() {
			t.Fatalf("run %d: seed %d, killed after %v", i, seed, after)
		}
		if !found {
			nothing++
			continue
		}
		recovered++
		candidates += had
		worst = max(worst, lost)
	}
	t.Logf("killed %d times: %d recovered exactly, %d times before anything was written; the oldest edit lost was %v old; %d candidates, none lost; no unreadable file",
		n, recovered, nothing, worst.Round(time.Millisecond), candidates)
}

// judge recovers what a killed child left and holds it against what the child told.
func judge(t *testing.T, dir string, h heard, killed time.Time) (lost time.Duration, found bool, candidates int) {
	t.Helper()
	project := filepath.Join(dir, "picture.ora")
	if _, err := os.Stat(project); err == nil {
		if _, _, err := file.OpenProject(context.Background(), project, nil); err != nil {
			t.Errorf("the project cannot be read: %v", err)
		}
	}
	b := newKeptBench(t, filepath.Join(dir, "journals"), nil)
	all := b.look()
	best := -1
	for _, f := range all {
		if f.Err != nil {
			t.Errorf("a journal cannot be read: %v", f.Err)
			continue
		}
		if f.Why != Crashed {
			continue
		}
		r := newKeptBench(t, filepath.Join(dir, "journals"), nil)
		r.Recover(f)
		before := r.doc
		r.until("the recovery", func() bool { return r.doc != before })
		moments, at := r.doc.Moments()
		d := digest(moments, at)
		i := -1
		for k, p := range h.pictures {
			if p.what == d {
				i = k
			}
		}
		if i < 0 {
			t.Errorf("the recovered picture, step %d of %d, was never there", at, len(moments))
			continue
		}
		if i > best {
			best = i
			candidates = missingCandidates(t, r, h)
		}
		r.Keeping.Close()
	}
	if best < 0 {
		if n := len(h.pictures); n > 0 && killed.Sub(h.pictures[0].when) > time.Second {
			t.Errorf("nothing was found, though %d changes were told, the first %v before the end", n, killed.Sub(h.pictures[0].when))
		}
		return 0, false, 0
	}
	if best+1 < len(h.pictures) {
		lost = killed.Sub(h.pictures[best+1].when)
		if lost > time.Second {
			t.Errorf("lost an edit that was %v old", lost)
		}
	}
	return lost, true, candidates
}

// missingCandidates complains of candidates that were shown and are not there.
func missingCandidates(t *testing.T, r *bench, h heard) (there int) {
	t.Helper()
	have := map[string]bool{}
	for _, s := range r.Fills.Stacks() {
		for _, c := range s.Candidates {
			have[fmt.Sprint(c.Result.Request.Seed)] = true
		}
	}
	for seed := range h.alive {
		if !have[seed] {
			t.Errorf("the candidate with seed %s was shown and is lost", seed)
		}
		there++
	}
	return there
}
