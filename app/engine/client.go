package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pentimento/pipeline"
	"pentimento/pipeline/model"
)

// Config is what a Client is built from. Self and Version are needed; the zero value of the
// rest is right for the program.
type Config struct {
	Self    string // the program's own path, run as `Self engine`
	Version string // of this build, the same in the child
	Library string // of the settings: where the native library is; "" searches
	Device  string // of the settings: what runs are for that name no device
	// Notice receives sentences for the person that belong to no run. Any goroutine calls
	// it; nil drops them.
	Notice func(string)
	// Local runs the engines without a network, in this process.
	Local pipeline.Runner

	// How long things may take; see patience.go for what 0 means.
	Silence, Starting, Grace, Idle time.Duration
	Patience                       func(pipeline.Request) time.Duration
	// Command replaces `Self engine` (tests).
	Command func() *exec.Cmd
}

func (c *Config) command() *exec.Cmd {
	if c.Command != nil {
		return c.Command()
	}
	k := exec.Command(c.Self, Verb)
	// The child has no business with a screen; with these it would connect to one.
	k.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "DISPLAY=") || strings.HasPrefix(v, "WAYLAND_DISPLAY=")
	})
	return k
}

// once says whether a notice is to be handed on: what every new child says again of this machine is told the first
// time; from then on the list of devices in the settings says it.
func (c *Client) once(text string) bool {
	return text != model.NoCard || !c.noCard.Swap(true)
}

func (c *Config) notice(text string) {
	if c.Notice != nil {
		c.Notice(text)
	}
}

// Client runs requests in child processes. It is safe for use by several goroutines; runs
// for one device take turns. Close it.
type Client struct {
	mu      sync.Mutex
	config  Config
	slots   map[string]*slot
	devices []Device

	ctx  context.Context // ends with Close
	stop context.CancelFunc

	noCard atomic.Bool // model.NoCard was told
}

// slot is the place of one device's child.
type slot struct {
	turn  chan struct{} // holds a token while someone starts, uses or ends the child
	child *child
	rest  *time.Timer

	model string // that the child has opened; under Client.mu
}

// New returns a client; no child is started yet.
func New(c Config) *Client {
	for _, d := range []struct {
		v  *time.Duration
		to time.Duration
	}{{&c.Silence, silence}, {&c.Starting, starting}, {&c.Grace, grace}, {&c.Idle, idle}} {
		if *d.v == 0 {
			*d.v = d.to
		}
	}
	if c.Patience == nil {
		c.Patience = patience
	}
	ctx, stop := context.WithCancel(context.Background())
	client := &Client{config: c, slots: map[string]*slot{}, ctx: ctx, stop: stop}
	if tell := c.Notice; tell != nil {
		client.config.Notice = func(text string) {
			if client.once(text) {
				tell(text)
			}
		}
	}
	return client
}

// Configure says what the settings say now; children with other settings end before
// their next run.
func (c *Client) Configure(library, device string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.config.Library, c.config.Device = library, device
}

// settings are the client's for one run.
func (c *Client) settings() (Config, Start) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.config, Start{Protocol: protocol, Version: c.config.Version, Library: c.config.Library, Device: c.config.Device}
}

// Run carries out one request as a pipeline does, in a child where it needs a network. A
// child that dies or hangs takes only the job along: it is tried once more in a fresh one,
// and then the error is a *Lost.
func (c *Client) Run(ctx context.Context, req pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	if report == nil {
		report = func(pipeline.Progress) {}
	}
	all := report
	report = func(p pipeline.Progress) {
		if !c.once(p.Notice) {
			p.Notice = ""
		}
		all(p)
	}
	if !req.Engine.Row().Network && len(req.After) == 0 && c.config.Local != nil {
		return c.config.Local.Run(ctx, req, report)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(c.ctx, stop)()
	res, err := c.try(ctx, req, report)
	var lost *Lost
	if errors.As(err, &lost) && ctx.Err() == nil {
		report(pipeline.Progress{Stage: "starting the engine again", Notice: upper(lost.Error()) + ". Trying once more."})
		res, err = c.try(ctx, req, report)
	}
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	var not errStart
	switch {
	case errors.As(err, &not):
		return nil, &Lost{Why: "the engine cannot be started: " + not.Error(), Advice: not.advice}
	case errors.As(err, &lost):
		lost.Why += ", at the second try, too"
		lost.Device, lost.Others = c.elsewhere(req.Device)
		return nil, lost
	}
	return res, err
}

// try runs a request in the child of its device, started if there is none.
func (c *Client) try(ctx context.Context, req pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	config, told := c.settings()
	s, err := c.take(ctx, req.Device)
	if err != nil {
		return nil, err
	}
	defer c.put(s, config.Idle)
	if err := c.ready(s, config, told); err != nil {
		return nil, err
	}
	r := newRun(s.child, config, req, report)
	res, err := r.wait(ctx)
	if s.child.alive() {
		c.holding(s, req.Model)
	} else {
		c.holding(s, "")
	}
	return res, err
}

func (c *Client) holding(s *slot, model string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.model = model
}

// take waits for the turn at a device's child.
func (c *Client) take(ctx context.Context, device string) (*slot, error) {
	c.mu.Lock()
	if device == "" {
		device = c.config.Device
	}
	s := c.slots[device]
	if s == nil {
		s = &slot{turn: make(chan struct{}, 1)}
		c.slots[device] = s
	}
	c.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.ctx.Err() != nil {
		<-s.turn
		return nil, errors.New("engine: the program is ending")
	}
	if s.rest != nil {
		s.rest.Stop()
	}
	return s, nil
}

// put gives the turn back and lets the child rest: when nobody came for a while, it ends.
func (c *Client) put(s *slot, after time.Duration) {
	s.rest = time.AfterFunc(after, func() {
		select {
		case s.turn <- struct{}{}:
			if s.child != nil && s.child.alive() {
				s.child.leave()
			}
			s.child = nil
			c.holding(s, "")
			<-s.turn
		default: // someone has come
		}
	})
	<-s.turn
}

// ready makes sure that a slot has a living child with the current settings.
func (c *Client) ready(s *slot, config Config, told Start) error {
	if s.child != nil && s.child.alive() && s.child.told == told {
		return nil
	}
	if s.child != nil && s.child.alive() {
		s.child.leave()
	}
	s.child = nil
	c.holding(s, "")
	k, err := launch(&config, told, func(list []Device) {
		c.mu.Lock()
		c.devices = list
		c.mu.Unlock()
	})
	if err == nil {
		s.child = k
	}
	return err
}

// Devices lists what networks can run on, as a child sees it; the answer is remembered.
func (c *Client) Devices(ctx context.Context) ([]Device, error) {
	if list := c.Known(); list != nil {
		return list, nil
	}
	config, told := c.settings()
	s, err := c.take(ctx, "")
	if err != nil {
		return nil, err
	}
	defer c.put(s, config.Idle)
	if err := c.ready(s, config, told); err != nil {
		return nil, err
	}
	select {
	case <-s.child.listed:
		return c.Known(), nil
	case <-s.child.gone:
		return nil, s.child.died()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Known lists the devices as a child saw them last, without asking one; nil before any did.
func (c *Client) Known() []Device {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.devices)
}

// Holds says whether a living child has that model open: its weights are in memory already.
func (c *Client) Holds(model string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.slots {
		if model != "" && s.model == model {
			return true
		}
	}
	return false
}

// elsewhere names the device a job was on, as far as is known, and the ready ones on which
// it could be tried: those behind it in the list first, the processor last.
func (c *Client) elsewhere(device string) (was string, others []Device) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if device == "" {
		device = c.config.Device
	}
	list := slices.DeleteFunc(slices.Clone(c.devices), func(d Device) bool { return !d.Ready || d.Name == "tensorrt" && device != d.Name })
	if (device == "" || device == "auto") && len(list) > 0 {
		device = list[0].Name
	}
	i := slices.IndexFunc(list, func(d Device) bool { return d.Name == device })
	others = append(list[i+1:len(list):len(list)], list[:max(i, 0)]...)
	if len(others) == 0 && device != "cpu" && device != "" && device != "auto" {
		others = []Device{{Name: "cpu", Label: "processor", Ready: true}}
	}
	return device, others
}

// Close ends every child and waits for it; runs under way are cancelled.
func (c *Client) Close() {
	c.stop()
	c.mu.Lock()
	all := c.slots
	c.slots = map[string]*slot{}
	c.mu.Unlock()
	for _, s := range all {
		s.turn <- struct{}{}
		if s.rest != nil {
			s.rest.Stop()
		}
		if s.child != nil {
			s.child.leave()
		}
		<-s.turn
	}
}

// upper makes a message the beginning of a sentence.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
