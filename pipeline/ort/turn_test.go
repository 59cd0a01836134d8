package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// cardsOf is a Runtime on cards that do nothing but see whether two calls meet on one of them.
type cardsOf struct {
	*Runtime
	t  *testing.T
	mu sync.Mutex
	// at is what is under way, by device; most is how many devices were at work at once.
	at   map[string]string
	most int
	log  []string
	// during, if set, is called while a session runs.
	during func(device string) error
}

// fakeCards replaces the devices of this process by two cards and the processor until the test ends.
func fakeCards(t *testing.T) *cardsOf {
	t.Helper()
	c := &cardsOf{Runtime: New(Config{}), t: t, at: map[string]string{}}
	was := kinds
	t.Cleanup(func() { kinds = was })
	kinds = nil
	for _, name := range []string{"first card", "second card"} {
		kinds = append(kinds, kind{name: name, label: name, listed: "CPUExecutionProvider", provider: name})
		c.probed[name] = model.Probe{Attention: true}
	}
	kinds = append(kinds, was[len(was)-1])
	c.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		if how.provider == "" {
			return makeHandle(ctx, how, encoded, g, w)
		}
		defer c.begin(how.provider, "make")()
		return &fakeMachine{c, how.provider, g}, nil
	}
	return c
}

func (c *cardsOf) begin(device, what string) func() {
	c.mu.Lock()
	if other := c.at[device]; other != "" {
		c.t.Errorf("%s: %s while %s", device, what, other)
	}
	c.at[device] = what
	c.most = max(c.most, len(c.at))
	c.log = append(c.log, device+": "+what)
	c.mu.Unlock()
	runtime.Gosched()
	return func() {
		c.mu.Lock()
		delete(c.at, device)
		c.mu.Unlock()
	}
}

type fakeMachine struct {
	c      *cardsOf
	device string
	g      *graph.Graph
}

func (m *fakeMachine) run(_ *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	defer m.c.begin(m.device, "run")()
	if m.c.during != nil {
		if err := m.c.during(m.device); err != nil {
			return nil, err
		}
	}
	return map[string]*tensor.Tensor{"y": in["x"]}, nil
}

func (m *fakeMachine) free() { m.c.begin(m.device, "free")() }

func TestACardDoesOneThingAtATime(t *testing.T) {
	c := fakeCards(t)
	meet := make(chan struct{}, 2)
	var once sync.Once
	c.during = func(string) error {
		once.Do(func() { // whichever comes first waits for the other card, which is free
			for c.workers() < 2 {
				time.Sleep(time.Millisecond)
			}
			close(meet)
		})
		return nil
	}
	g, _, _ := chain(t, 16, 2)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			device := kinds[i%2].name
			for range 5 {
				s, err := c.Open(context.Background(), g, model.Options{Device: device})
				if err != nil {
					t.Error(err)
					return
				}
				if at := s.(model.Placed).Device(); at != device {
					t.Errorf("the session is on %q, want %q", at, device)
				}
				run(t, s, row(1, 16))
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	<-meet
	for _, k := range kinds[:2] {
		for _, what := range []string{"make", "run", "free"} {
			if n := len(slices.DeleteFunc(slices.Clone(c.log), func(s string) bool { return s != k.name+": "+what })); n != 20 {
				t.Errorf("%s: %d times %s, want 20", k.name, n, what)
			}
		}
	}
	if c.most != 2 {
		t.Errorf("%d cards at work at once, want 2", c.most)
	}
}

func (c *cardsOf) workers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.at)
}

// Who waits for a card and is cancelled goes at once, whatever the card is at.
func TestCancelDoesNotWaitForTheCard(t *testing.T) {
	c := fakeCards(t)
	busy, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.during = func(string) error { once.Do(func() { close(busy); <-end }); return nil }
	g, _, _ := chain(t, 16, 2)
	s := must(c.Open(context.Background(), g, model.Options{}))
	defer s.Close()
	other := must(c.Open(context.Background(), g, model.Options{}))
	defer other.Close()
	defer close(end) // also where the test fails
	go func() {
		if _, err := s.Run(context.Background(), map[string]*tensor.Tensor{"x": row(1, 16)}); err != nil {
			t.Error(err)
		}
	}()
	<-busy
	for name, wait := range map[string]func(context.Context) error{
		"open": func(ctx context.Context) error { _, err := c.Open(ctx, g, model.Options{}); return err },
		"run": func(ctx context.Context) error {
			_, err := other.Run(ctx, map[string]*tensor.Tensor{"x": row(1, 16)})
			return err
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		went := make(chan error)
		go func() { went <- wait(ctx) }()
		time.Sleep(10 * time.Millisecond)
		cancel()
		select {
		case err := <-went:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %v, want %v", name, err, context.Canceled)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: a cancelled one still waits for the card", name)
		}
	}
}

// A card that is lost in the middle of a run is told of once; the evaluation is made on the next
// one, and those after it, too, also of networks that were open there.
func TestALostCardIsToldAndTheNextOneGoesOn(t *testing.T) {
	c := fakeCards(t)
	var said []string
	o := model.Options{Notice: func(text string) { said = append(said, text) }}
	lost := map[string]bool{}
	c.during = func(device string) error {
		if lost[device] {
			return errors.New("Device is lost: the driver was reset")
		}
		return nil
	}
	g, _, _ := chain(t, 16, 2)
	s, second := must(c.Open(context.Background(), g, o)), must(c.Open(context.Background(), g, o))
	defer s.Close()
	defer second.Close()
	on := func(want string) {
		t.Helper()
		for _, s := range []model.Session{s, second} {
			run(t, s, row(1, 16))
			if at := s.(model.Placed).Device(); at != want {
				t.Errorf("the session is on %q, want %q", at, want)
			}
		}
	}
	on("first card")
	for i, next := range []string{"second card", "cpu"} {
		gone := kinds[i].name
		lost[gone] = true
		on(next)
		want := fmt.Sprintf("%s: the graphics card or its driver stopped; using %s instead", label(gone), label(next))
		if len(said) != i+1 || !strings.HasPrefix(said[i], want) {
			t.Fatalf("said %q, want one more that begins with %q", said, want)
		}
		if d := c.Devices()[i]; d.Ready || !strings.Contains(d.Missing, "stopped") || d.Hint == "" {
			t.Errorf("the list says %+v", d)
		}
	}
	fresh := must(c.Open(context.Background(), g, o))
	defer fresh.Close()
	if at := fresh.(model.Placed).Device(); at != "cpu" || len(said) != 2 {
		t.Errorf("a new session is on %q, want the processor; said %q", at, said)
	}
}

// A card without memory for a network asks for room; without any left the next one is taken, which
// is told, and the card is tried again for the next network.
func TestACardWithoutMemoryAsksForRoom(t *testing.T) {
	c := fakeCards(t)
	var said []string
	rooms, free := 0, false
	make := c.make
	c.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		if how.provider == kinds[0].name && !free {
			return nil, errors.New("Failed to allocate memory for requested buffer of size 1073741824")
		}
		return make(ctx, how, encoded, g, w)
	}
	g, _, _ := chain(t, 16, 2)
	for _, v := range []struct {
		room bool
		want string
		said int
	}{{true, kinds[0].name, 0}, {false, kinds[1].name, 1}, {true, kinds[0].name, 1}} {
		rooms, free = 0, false
		o := model.Options{Notice: func(text string) { said = append(said, text) }, Room: func() (bool, error) {
			rooms++
			free = v.room && rooms == 3 // the third that is closed is large enough
			return v.room, nil
		}}
		s, err := c.Open(context.Background(), g, o)
		if err != nil {
			t.Fatal(err)
		}
		if at := s.(model.Placed).Device(); at != v.want || len(said) != v.said {
			t.Errorf("room %v: it is on %q, want %q; said %q", v.room, at, v.want, said)
		}
		s.Close()
	}
	if want := label(kinds[0].name) + `: it has no memory for the network "chain"; using ` + label(kinds[1].name); !strings.HasPrefix(said[0], want) {
		t.Errorf("said %q, want %q", said[0], want)
	}
	later := errors.New("later")
	free = false
	if _, err := c.Open(context.Background(), g, model.Options{Room: func() (bool, error) { return false, later }}); !errors.Is(err, later) {
		t.Errorf("error %v, want %v", err, later)
	}
	// A session that was opened so and has to move in the middle of a run goes on.
	c.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		if how.provider == kinds[1].name {
			return nil, errors.New("Failed to allocate memory for requested buffer of size 1073741824")
		}
		return make(ctx, how, encoded, g, w)
	}
	c.during = func(string) error { return errors.New("VK_ERROR_OUT_OF_DEVICE_MEMORY") }
	s := must(c.Open(context.Background(), g, model.Options{Room: func() (bool, error) { return false, later }}))
	defer s.Close()
	run(t, s, row(1, 16))
	if at := s.(model.Placed).Device(); at != "cpu" {
		t.Errorf("it went on on %q, want the processor", at)
	}
}

// A card without memory for an evaluation says so to who can do with less, and otherwise leaves it
// to the next one.
func TestACardWithoutMemorySaysSoToWhoCanDoWithLess(t *testing.T) {
	c := fakeCards(t)
	c.during = func(device string) error {
		if device == kinds[0].name {
			return errors.New("VK_ERROR_OUT_OF_DEVICE_MEMORY")
		}
		return nil
	}
	g, _, _ := chain(t, 16, 2)
	s := must(c.Open(context.Background(), g, model.Options{Smaller: func(in map[string]*tensor.Tensor) bool { return in["x"].Shape[0] > 1 }}))
	defer s.Close()
	_, err := s.Run(context.Background(), map[string]*tensor.Tensor{"x": row(2, 16)})
	var full *model.OutOfMemory
	if !errors.As(err, &full) || full.Device != kinds[0].name || s.(model.Placed).Device() != kinds[0].name {
		t.Fatalf("error %v on %q", err, s.(model.Placed).Device())
	}
	run(t, s, row(1, 16))
	if at := s.(model.Placed).Device(); at != kinds[1].name {
		t.Errorf("the session is on %q", at)
	}
}
