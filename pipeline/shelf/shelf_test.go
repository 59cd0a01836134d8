package shelf

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// bench opens networks that know nothing but whether they are open.
type bench struct {
	t      *testing.T
	shelf  Shelf
	open   []string // keys of the open networks
	opened int
}

type network struct {
	b   *bench
	key string
}

func (n *network) Close() error {
	i := slices.Index(n.b.open, n.key)
	if i < 0 {
		n.b.t.Errorf("%q was closed twice", n.key)
		return nil
	}
	n.b.open = slices.Delete(n.b.open, i, i+1)
	return nil
}

func item(key string) Item { return Item{Key: key, Bytes: 10} }

func items(keys string) (out []Item) {
	for _, k := range strings.Fields(keys) {
		out = append(out, item(k))
	}
	return out
}

func (b *bench) opener(key string) Opener[*network] {
	return func(context.Context, func(string)) (*network, error) {
		b.open = append(b.open, key)
		b.opened++
		return &network{b, key}, nil
	}
}

func (b *bench) use(l *Lease, it Item) *network {
	b.t.Helper()
	n, _, err := Open(context.Background(), l, it, b.opener(it.Key))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// run is one run that opens each of its items in turn.
func (b *bench) run(keys string) {
	b.t.Helper()
	l := b.shelf.Lease(false, nil, items(keys)...)
	for _, it := range items(keys) {
		b.use(l, it)
	}
	l.Release()
}

func (b *bench) expect(why, want string) {
	b.t.Helper()
	got := slices.Sorted(slices.Values(b.open))
	if strings.Join(got, " ") != want {
		b.t.Errorf("%s: %q are open, want %q", why, got, want)
	}
}

func TestTheLastRunsNetworksStay(t *testing.T) {
	b := &bench{t: t}
	b.run("a b")
	b.run("a b")
	if b.expect("after two equal runs", "a b"); b.opened != 2 {
		t.Errorf("%d networks were opened, want 2", b.opened)
	}
	b.run("b c")
	if b.expect("after a run that shares one", "b c"); b.opened != 3 {
		t.Errorf("%d networks were opened, want 3", b.opened)
	}
	l := b.shelf.Lease(false, nil, item("d"))
	b.expect("before the next run opens anything", "")
	l.Release()
}

func TestTheBudgetClosesTheLeastRecentlyUsed(t *testing.T) {
	b := &bench{t: t}
	b.shelf.SetBudget(20)
	for _, key := range []string{"a", "b", "c", "a", "d"} {
		b.run(key)
	}
	b.expect("20 bytes besides the last run's", "a c d")
	b.shelf.SetBudget(10)
	b.expect("10 bytes", "a d")
	b.shelf.SetBudget(0)
	b.expect("none", "d")
	if err := b.shelf.Close(); err != nil {
		t.Error(err)
	}
	b.expect("after Close", "")
}

func TestALeaseWithinALeaseClosesNothingInUse(t *testing.T) {
	b := &bench{t: t}
	outer := b.shelf.Lease(false, nil, items("a b")...)
	a := b.use(outer, item("a"))
	for range 2 {
		inner := b.shelf.Lease(false, nil, items("b c")...)
		b.use(inner, item("c"))
		inner.Release()
	}
	if b.expect("within the outer run", "a c"); b.use(outer, item("a")) != a || b.opened != 2 {
		t.Errorf("%d networks were opened, want 2", b.opened)
	}
	b.shelf.SetBudget(0)
	b.expect("a budget set within a run", "a")
	outer.Release()
	b.expect("after it", "a")
}

func TestLowMemoryKeepsOneNetworkAndTheSmall(t *testing.T) {
	b := &bench{t: t}
	b.shelf.SetBudget(1000)
	b.run("x y")
	l := b.shelf.Lease(true, nil, items("a b")...)
	defer l.Release()
	small := item("small")
	small.Beside = true
	for _, it := range []Item{item("a"), small, item("b"), item("a")} {
		b.use(l, it)
	}
	b.expect("in low-memory mode", "a small")
	Begin(context.Background(), l, item("c"), b.opener("c"))
	b.expect("after a background opening was asked for", "a small")
}

// TestALargeNetworkLeavesForTheNextStage: it stays for one of its own stage, for a small one, and
// while it is on its way.
func TestALargeNetworkLeavesForTheNextStage(t *testing.T) {
	b := &bench{t: t}
	b.shelf.SetBudget(1000)
	large := func(key, stage string) Item {
		it := item(key)
		it.Stage, it.Large = stage, func(Network) bool { return true }
		return it
	}
	text, more, denoiser, small := large("a", "text"), large("b", "text"), large("c", "denoiser"), item("small")
	small.Beside = true
	l := b.shelf.Lease(false, nil, text, more, denoiser, small)
	defer l.Release()
	here, opened := make(chan struct{}), make(chan struct{})
	Begin(context.Background(), l, denoiser, func(ctx context.Context, notice func(string)) (*network, error) {
		<-here
		defer close(opened)
		return b.opener("c")(ctx, notice)
	})
	b.use(l, text)
	b.use(l, more)
	b.expect("while the denoiser is on its way", "a b")
	close(here)
	<-opened // the bench is for one goroutine at a time
	b.use(l, denoiser)
	b.use(l, small)
	b.expect("with the denoiser", "c small")
	b.use(l, large("d", "vae"))
	b.expect("with the autoencoder", "d small")
	if b.use(l, denoiser); b.opened != 6 {
		t.Errorf("%d networks were opened, want 6", b.opened)
	}
}

func TestChangedFilesCloseTheirNetwork(t *testing.T) {
	b := &bench{t: t}
	var changed error
	it := item("a")
	it.Changed = func() error { return changed }
	for range 2 {
		l := b.shelf.Lease(false, nil, it)
		b.use(l, it)
		l.Release()
		changed = errors.New("another file")
	}
	if b.expect("after its file changed", "a"); b.opened != 2 {
		t.Errorf("%d networks were opened, want 2: the old and the new", b.opened)
	}
}

func TestABackgroundOpeningIsAwaitedOnce(t *testing.T) {
	b := &bench{t: t}
	l := b.shelf.Lease(false, nil, item("a"))
	begun := make(chan struct{})
	Begin(context.Background(), l, item("a"), func(ctx context.Context, notice func(string)) (*network, error) {
		<-begun
		return b.opener("a")(ctx, notice)
	})
	if _, ok := Peek[*network](l, "a"); ok || !b.shelf.Holds(func(k string) bool { return k == "a" }) {
		t.Error("a network on its way counts as open, or not as held")
	}
	close(begun)
	b.use(l, item("a"))
	b.use(l, item("a"))
	if _, ok := Peek[*network](l, "a"); !ok || b.opened != 1 {
		t.Errorf("%d openings, want 1", b.opened)
	}
	l.Release()
}

// TestAFailedBackgroundOpening: it is an error of the run that began it only, and no error
// where it was cancelled.
func TestAFailedBackgroundOpening(t *testing.T) {
	for _, c := range []struct {
		err    error
		later  bool // another run asks
		refuse bool
	}{{errors.New("no such operator"), false, true}, {errors.New("no such operator"), true, false}, {context.Canceled, false, false}} {
		b := &bench{t: t}
		l := b.shelf.Lease(false, nil, item("a"))
		Begin(context.Background(), l, item("a"), func(context.Context, func(string)) (*network, error) { return nil, c.err })
		if c.later {
			l.Release()
			l = b.shelf.Lease(false, nil, item("a"))
		}
		_, _, err := Open(context.Background(), l, item("a"), b.opener("a"))
		if (err != nil) != c.refuse {
			t.Errorf("%+v: error %v", c, err)
		}
		b.use(l, item("a"))
		l.Release()
		b.expect("after trying again", "a")
	}
}

func TestNoticesReachTheRunUnderWay(t *testing.T) {
	b := &bench{t: t}
	var heard []string
	hear := func(who string) func(string) { return func(text string) { heard = append(heard, who+": "+text) } }
	outer := b.shelf.Lease(false, hear("outer"), item("a"))
	begun := make(chan struct{})
	var tell func(string)
	Begin(context.Background(), outer, item("a"), func(ctx context.Context, notice func(string)) (*network, error) {
		defer close(begun)
		notice("slow device")
		tell = notice
		return b.opener("a")(ctx, notice)
	})
	<-begun
	if len(heard) > 0 {
		t.Errorf("heard %q before the run asked for the network", heard)
	}
	b.use(outer, item("a"))
	inner := b.shelf.Lease(false, hear("inner"))
	tell("device lost")
	inner.Release()
	tell("back again")
	outer.Release()
	tell("nobody listens")
	if want := []string{"outer: slow device", "inner: device lost", "outer: back again"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

// Where memory is short what nobody claims goes first, then what rests, the least recently used
// first; what is small stays, and so does what room is made for.
func TestSparedNetworksGoInOrder(t *testing.T) {
	b := &bench{t: t}
	b.shelf.SetBudget(100)
	b.run("old")
	l := b.shelf.Lease(false, nil, items("text denoiser decoder")...)
	defer l.Release()
	for _, it := range append(items("text decoder denoiser"), Item{Key: "small", Beside: true}) {
		b.use(l, it)
	}
	for _, want := range []string{"decoder denoiser small text", "decoder denoiser small", "denoiser small"} {
		if !l.Spare("denoiser") {
			t.Error("nothing was closed")
		}
		b.expect("spared", want)
	}
	if l.Spare("denoiser") {
		t.Error("something was closed that has to stay")
	}
}

// What is put off in the background is opened by the run that asks for it.
func TestOpeningIsPutOffUntilItIsAskedFor(t *testing.T) {
	b := &bench{t: t}
	l := b.shelf.Lease(false, nil, item("denoiser"))
	defer l.Release()
	Begin(context.Background(), l, item("denoiser"), func(context.Context, func(string)) (*network, error) { return nil, ErrLater })
	b.use(l, item("denoiser"))
	b.expect("asked for", "denoiser")
}
