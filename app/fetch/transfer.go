package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// Stage is what a download does at the moment.
type Stage string

// The stages.
const (
	Connecting  Stage = "connecting"
	Downloading Stage = "downloading"
	Waiting     Stage = "waiting before the next try"
	Checking    Stage = "checking what is there"
)

// Progress is how far a download is.
type Progress struct {
	Stage       Stage
	Host        string // spoken to now
	Done, Total int64  // bytes; Total is 0 while it is not known
	Rate        float64
	Left        time.Duration // 0 while it is not known
	Note        string        // something to tell, once
}

// Got is a file that was fetched.
type Got struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	There  bool   `json:"there"` // it was there before
}

// Options are how to fetch.
type Options struct {
	Into   string // folder, which is made where it is missing
	Anew   bool   // what an earlier call left is not used
	Report func(Progress)
}

// margin is what a download leaves free on a disk.
const margin = 64 << 20

// Fetch brings a file into a folder: into NAME.part, which an interrupted download goes on with, and then
// under its name, in place of no other file. What ends it early leaves the .part where it is, but for
// what cannot be used. Its hash is held against the one it must have, else against what Civitai or
// Hugging Face say, and what the address gave the first time.
func (c *Client) Fetch(ctx context.Context, w Want, o Options) (Got, error) {
	if o.Report == nil {
		o.Report = func(Progress) {}
	}
	if w.SHA256 = strings.ToLower(w.SHA256); w.SHA256 != "" && !isSum(w.SHA256) {
		return Got{}, fault.New(fmt.Sprintf("SHA-256 %q: want 64 hex digits", w.SHA256), "")
	}
	into, err := filepath.Abs(o.Into)
	if err != nil {
		return Got{}, err
	}
	if w.Name != "" && w.SHA256 != "" {
		if got, there, err := c.there(ctx, filepath.Join(into, w.Name), w, o.Report); there || err != nil {
			return got, err
		}
	}
	o.Report(Progress{Stage: Connecting})
	before := w.id(into)
	if w, err = c.Resolve(ctx, w); err != nil {
		return Got{}, err
	}
	if w.id(into) != before { // the record has its address now
		_ = disk.Remove(c.recordPath(before))
	}
	unlock, err := c.lock(w.id(into), w.Label())
	if err != nil {
		return Got{}, err
	}
	defer unlock()
	if err := os.MkdirAll(into, 0o755); err != nil {
		return Got{}, fmt.Errorf("folder %q: %w", into, disk.Plain(err))
	}
	t := &transfer{c: c, r: c.load(w, into), report: o.Report, sum: sha256.New()}
	if o.Anew {
		_ = c.drop(t.r)
		t.r = &Record{Want: w, Into: into, Added: time.Now()}
	}
	t.r.Paused = false
	defer t.close()
	got, err := t.run(ctx)
	if err != nil {
		return Got{}, fmt.Errorf("%s: %w", w.Label(), err)
	}
	return got, nil
}

// there says whether the file is in its place already: another one in its place is an error.
func (c *Client) there(ctx context.Context, path string, w Want, report func(Progress)) (Got, bool, error) {
	st, err := os.Stat(path)
	if err != nil {
		return Got{}, false, nil
	}
	taken := fault.New(fmt.Sprintf("%q: found another file of this name, want none", path), "move it away, or choose another folder")
	want := w.SHA256
	if p, ok := c.pinOf(w); want == "" && ok {
		want = p.SHA256
	}
	if st.IsDir() || want == "" || w.Size != 0 && w.Size != st.Size() {
		return Got{}, false, taken
	}
	f, err := disk.Open(path)
	if err != nil {
		return Got{}, false, disk.Plain(err)
	}
	defer f.Close()
	sum := sha256.New()
	if err := digest(ctx, sum, f, st.Size(), report); err != nil {
		return Got{}, false, err
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found == want {
		return Got{Path: path, SHA256: found, Size: st.Size(), There: true}, true, nil
	}
	return Got{}, false, taken
}

// transfer is one call of Fetch.
type transfer struct {
	c      *Client
	r      *Record
	f      *os.File // the .part; nil until its name is known
	sum    hash.Hash
	have   int64 // bytes in f, all of them in sum
	tries  int   // without progress
	anew   int   // times that it was begun from the first byte after all
	host   string
	speed  speed
	synced time.Time
	report func(Progress)
}

// Linked is what Hugging Face says of a file before it sends elsewhere for it.
type Linked struct {
	Sum  string `json:"sum,omitempty"`
	Size int64  `json:"size,omitempty"`
}

func (t *transfer) close() {
	if t.f != nil {
		t.keep()
		t.f.Close()
		t.f = nil
	}
}

func (t *transfer) tell(stage Stage, note string) {
	p := Progress{Stage: stage, Host: t.host, Done: t.have, Total: t.r.Total, Note: note}
	if stage == Downloading {
		p.Rate = t.speed.rate()
		if p.Rate > 0 && p.Total > p.Done {
			p.Left = time.Duration(float64(p.Total-p.Done) / p.Rate * float64(time.Second))
		}
	}
	t.report(p)
}

// run tries until the file is there, or until it makes no sense to go on.
func (t *transfer) run(ctx context.Context) (Got, error) {
	if err := t.reopen(ctx); err != nil {
		return Got{}, err
	}
	for t.f == nil || t.r.Total == 0 || t.have < t.r.Total {
		before := t.have
		err := t.attempt(ctx)
		var there thereAlready
		var again *again
		switch {
		case ctx.Err() != nil:
			return Got{}, ctx.Err()
		case errors.As(err, &there):
			t.c.forget(t.r)
			return there.Got, nil
		case err == nil:
			if t.r.Total == 0 { // no length was given: what came is all
				t.r.Total = t.have
			}
			continue
		case !errors.As(err, &again):
			return Got{}, err
		}
		if t.have-before >= t.c.Least {
			t.tries = 0
		}
		if t.tries++; t.tries >= t.c.Tries {
			return Got{}, fault.With(again.error, fmt.Sprintf("what has come is kept; try again later (%d tries were in vain)", t.tries))
		}
		if err := t.wait(ctx, again); err != nil {
			return Got{}, err
		}
	}
	return t.finish(ctx)
}

// again is an error that may be gone at the next try.
type again struct {
	error
	after time.Duration // as the server asked; 0: as usual
	now   bool          // nothing is in the way
}

func (a *again) Unwrap() error { return a.error }

func (t *transfer) wait(ctx context.Context, a *again) error {
	if a.now {
		return nil
	}
	wait := t.c.Backoff << min(t.tries-1, 20)
	wait = min(wait, t.c.Longest)
	wait += time.Duration(rand.Int64N(int64(wait)/4 + 1)) // many that were cut off together do not come back together
	if a.after > 0 {
		if a.after > t.c.Longest {
			return fault.With(a.error, fmt.Sprintf("the site asks to wait %s; try again after it", a.after.Round(time.Second)))
		}
		wait = a.after
	}
	t.tell(Waiting, a.Error())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// finish checks the whole file and puts it into its place.
func (t *transfer) finish(ctx context.Context) (Got, error) {
	if err := t.f.Sync(); err != nil {
		return Got{}, disk.Plain(err)
	}
	t.keep()
	found := hex.EncodeToString(t.sum.Sum(nil))
	if err := whole(t.f, t.have); err != nil {
		t.discard()
		return Got{}, err
	}
	for _, must := range []struct{ sum, who string }{{t.r.SHA256, "asked for"}, {t.r.Linked.Sum, "by the site's own word"}} {
		if must.sum != "" && must.sum != found {
			t.discard() // it went wrong on the way, or it is another file: neither can be used
			return Got{}, fault.New(fmt.Sprintf("found a file of SHA-256 %s, want %s (%s)", found, must.sum, must.who), "try again; if it stays so, the file at this address is another one, and was not kept")
		}
	}
	if p, ok := t.c.pinOf(t.r.Want); ok && p.SHA256 != found && t.r.SHA256 == "" {
		return Got{}, fault.New(fmt.Sprintf("found a file of SHA-256 %s, want %s as it was when it came from there first, on %s", found, p.SHA256, p.Seen.Format("2006-01-02")),
			"whoever owns the address has put another file there. If that is expected: pentimento models fetch … --sha256 "+found+" --resume takes the new one")
	}
	if err := t.place(); err != nil {
		return Got{}, err
	}
	if err := t.c.setPin(t.r.Want, pin{found, t.have, time.Now()}); err != nil {
		return Got{}, fmt.Errorf("the file is at %q, but its hash could not be remembered: %w", t.r.Path, err)
	}
	t.c.forget(t.r)
	return Got{Path: t.r.Path, SHA256: found, Size: t.have}, nil
}

// place gives the .part its name unless that is taken by now: a link fails where a rename would
// replace. Disks without links (exFAT) have the look before it.
func (t *transfer) place() error {
	from, to := t.r.part(), t.r.Path
	t.f.Close()
	t.f = nil
	err := os.Link(from, to)
	if err == nil {
		return disk.Remove(from)
	}
	if _, there := os.Lstat(to); there == nil {
		return fault.New(fmt.Sprintf("%q: found another file of this name, want none", to), fmt.Sprintf("what was downloaded is kept as %q; move the other one away and try again", filepath.Base(from)))
	}
	return disk.Plain(disk.Rename(from, to))
}

// speed is how fast bytes came in, over the last seconds.
type speed struct {
	at   []time.Time
	sums []int64
	sum  int64
}

func (s *speed) add(n int) {
	now := time.Now()
	s.sum += int64(n)
	if len(s.at) == 0 || now.Sub(s.at[len(s.at)-1]) > 200*time.Millisecond {
		s.at, s.sums = append(s.at, now), append(s.sums, s.sum)
		if len(s.at) > 40 {
			s.at, s.sums = s.at[1:], s.sums[1:]
		}
	}
}

// rate is in bytes a second, 0 while it can't be told.
func (s *speed) rate() float64 {
	if len(s.at) < 2 {
		return 0
	}
	gone := time.Since(s.at[0]).Seconds()
	return float64(s.sum-s.sums[0]) / gone
}

// digest puts size bytes of a file into a hash.
func digest(ctx context.Context, sum hash.Hash, f io.ReaderAt, size int64, report func(Progress)) error {
	buf := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		sum.Write(buf[:n])
		at += int64(n)
		if at < size && err != nil {
			return fmt.Errorf("read: %w", cmp.Or(err, io.ErrUnexpectedEOF))
		}
		if at%(64<<20) == 0 || at == size {
			report(Progress{Stage: Checking, Done: at, Total: size})
		}
	}
	return nil
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// Fraction is how much of it is done, 0 while that can't be told.
func (p Progress) Fraction() float64 {
	if p.Total <= 0 {
		return 0
	}
	return float64(p.Done) / float64(p.Total)
}

// String is the progress in a few words: "1.2 GB of 4.3 GB, 21 MB/s, 2 min left".
func (p Progress) String() string {
	text := Bytes(p.Done)
	if p.Total > 0 {
		text += " of " + Bytes(p.Total)
	}
	if p.Stage != Downloading {
		return string(p.Stage) + ", " + text
	}
	if p.Rate > 0 {
		text += ", " + Bytes(int64(p.Rate)) + "/s"
	}
	switch m := p.Left.Minutes(); {
	case p.Left <= 0:
	case m >= 90:
		text += fmt.Sprintf(", %.1f h left", m/60)
	case m >= 1.5:
		text += fmt.Sprintf(", %.0f min left", m)
	default:
		text += fmt.Sprintf(", %.0f s left", p.Left.Seconds())
	}
	return text
}
