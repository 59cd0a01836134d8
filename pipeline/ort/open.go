package ort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Open opens g on the device that o names, or on the first that works. A device that
// fails to start is reported by a notice, once while the program runs, and the next one is
// tried, the processor last, so that a job goes on and a silent fallback to the processor
// cannot happen. It ends early with ctx.Err(), see leave.go. The graph must not change while the session is open.
func (r *Runtime) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	if _, _, err := load(r.config.Library); err != nil {
		return nil, err
	}
	s, err := leaving(ctx, nil, func() (*session, error) {
		s := &session{runtime: r, graph: g, options: o}
		return s, s.place(ctx, "", nil)
	}, func(s *session) { _ = s.Close() })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// order lists the devices to try for a wish, the wished one first.
func (r *Runtime) order(wish string) ([]string, error) {
	if wish == "" {
		wish = r.config.Device
	}
	var ready []string
	for _, d := range r.Devices() {
		if d.Ready && d.Name != "tensorrt" { // TensorRT compiles for minutes: only when asked for
			ready = append(ready, d.Name)
		}
	}
	if wish == "" || wish == "auto" {
		return ready, nil
	}
	if !slices.ContainsFunc(kinds, func(k kind) bool { return k.name == wish }) {
		return nil, fault.New(fmt.Sprintf("ort: device %q is not known", wish), "the devices are "+strings.Join(DeviceNames(), ", "))
	}
	r.forgive(wish)
	rest := slices.DeleteFunc(ready, func(n string) bool { return n == wish })
	return append([]string{wish}, rest...), nil
}

// place opens the session's graph on the first device that works. lost names a device that
// has just failed with why; it and those before it are not tried again. A device is only
// banned when another one opens the graph: otherwise the cause is the graph or its file.
func (s *session) place(ctx context.Context, lost string, why error) error {
	devices, err := s.runtime.order(s.options.Device)
	if err != nil {
		return err
	}
	if i := slices.Index(devices, lost); i >= 0 {
		devices = devices[i+1:]
	}
	var failed []string
	var causes []error
	for _, d := range devices {
		if d == "cpu" {
			s.fast = packs(s.graph, s.options, func(text string) { s.runtime.notice(s.options, text) })
		}
		l, err := s.openOn(ctx, d, lost != "")
		if err == nil {
			s.now = l
			if lost != "" {
				s.runtime.tellOnce(s.options, lost, d, why)
			}
			for i, f := range failed {
				if !outOfMemory(causes[i]) { // a smaller network may find room
					s.runtime.forbid(f, causes[i])
				}
				s.runtime.tellOnce(s.options, f, d, causes[i])
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d == "cpu" || errors.As(err, new(stop)) {
			return err // there is nothing simpler
		}
		failed, causes, why = append(failed, d), append(causes, err), err
	}
	return fmt.Errorf("ort: graph %q: no device is left: %w", s.graph.Name, why)
}

// stop is an error of Options.Room, which ends an opening on every device.
type stop struct{ error }

func (s stop) Unwrap() error { return s.error }

// openOn opens the session's graph on one device. Where that has no memory for it, the caller's
// other sessions make room. moving says that the session was open on another device: its run
// goes on, so that an error of Room ends nothing.
func (s *session) openOn(ctx context.Context, device string, moving bool) (*loaded, error) {
	for {
		l, err := s.runtime.openOn(ctx, s.graph, s.options, device, s.fast)
		if err == nil || device == "cpu" || s.options.Room == nil || !outOfMemory(err) || ctx.Err() != nil {
			return l, ended(ctx, err)
		}
		freed, bad := s.options.Room()
		if bad != nil && !moving {
			return nil, stop{bad}
		}
		if bad != nil || !freed {
			return nil, &refusal{fmt.Sprintf("it has no memory for the network %q", s.graph.Name), err}
		}
	}
}

// loaded is a graph on a device, in one form.
type loaded struct {
	machine
	watch  *watch
	device string
	packed bool // the weights are packed for the processor, which changes the rounding
	shrink bool // working memory is given back after each run
	keep   bool // inputs stay on the device
	held   map[string]*held
	still  *held                     // of a session of which evaluations are recorded, else nil
	loose  map[string]*tensor.Tensor // weights that are inputs
}

// close waits for the device's turn: what is freed beside a running evaluation is freed under it.
func (l *loaded) close() {
	done, _ := cards.take(context.Background(), l.device)
	layout.RLock()
	l.letGo()
	l.free()
	layout.RUnlock()
	done()
	l.watch.close()
}

// openOn opens g on one device. Fast packs the weights for the processor.
func (r *Runtime) openOn(ctx context.Context, g *graph.Graph, o model.Options, device string, fast bool) (*loaded, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == device })]
	if device != "cpu" {
		if err := r.ban(device); err != nil {
			return nil, err
		}
		if why := r.unfit(device); why != "" {
			return nil, &refusal{why: why}
		}
		p, err := r.try(ctx, device)
		if err != nil {
			return nil, err
		}
		if g, err = r.suit(ctx, device, g, o, p); err != nil {
			return nil, err
		}
		fast = true
	}
	var fed map[string]*tensor.Tensor
	if device == "cpu" {
		g, fed = feed(g)
	}
	w, err := newWatch(g)
	if err != nil {
		return nil, err
	}
	h, err := r.build(ctx, g, k, o, fast && !o.LowMemory, w)
	if err != nil {
		w.close()
		if device != "cpu" {
			return nil, ended(ctx, &refusal{"a network could not be opened on it", err})
		}
		return nil, ended(ctx, fmt.Errorf("ort: open graph %q on %s: %w", g.Name, device, err))
	}
	return &loaded{machine: h, loose: fed, watch: w, device: device, keep: keeps(device, o), packed: fast && !o.LowMemory && device == "cpu", shrink: o.Release && !o.LowMemory && device == "cpu"}, nil
}

// suit is g as a device that was probed wants it: without fused attention where that is wrong
// there, and in half precision where the device has it. g itself is not changed.
func (r *Runtime) suit(ctx context.Context, device string, g *graph.Graph, o model.Options, p model.Probe) (*graph.Graph, error) {
	if g.IsForeign() {
		return g, nil
	}
	var changes []graph.Change
	if !p.Attention {
		changes = append(changes, graph.PlainAttention)
	}
	if o.Half == model.HalfPrecision || o.Half == model.AsStored && widens(g) {
		h, err := r.half(ctx, device)
		if err != nil {
			return nil, err
		}
		if h.Half {
			changes = append(changes, graph.Half(h.HalfAttention))
		}
	}
	if len(changes) == 0 {
		return g, nil
	}
	g = g.Copy()
	return g, g.Apply(changes...)
}

// plain is g without fused attention; g itself is not changed.
func plain(g *graph.Graph) (*graph.Graph, error) {
	g = g.Copy()
	return g, g.Apply(graph.PlainAttention)
}

// build encodes the graph and makes the native session in the device's turn.
func (r *Runtime) build(ctx context.Context, g *graph.Graph, k kind, o model.Options, fast bool, w *watch) (machine, error) {
	return r.buildTo(ctx, g, k, o, fast, false, w)
}

// buildTo is build of a session that, with capture, records its evaluations.
func (r *Runtime) buildTo(ctx context.Context, g *graph.Graph, k kind, o model.Options, fast, capture bool, w *watch) (machine, error) {
	g, apart, err := handOver(ctx, g)
	if err != nil {
		return nil, err
	}
	dir, err := g.Dir()
	if err != nil {
		return nil, err
	}
	encoded, err := g.Encode(dir)
	if err != nil {
		return nil, err
	}
	how := choose(dir, k, o, fast)
	how.weights, how.capture = apart, capture
	if k.name == "cpu" && !fast && inPlace(g, o) {
		how.entries["optimization.disable_specified_optimizers"] = "ConstantFolding"
	}
	done, err := cards.takeReading(ctx, k.name, g)
	if err != nil {
		return nil, err
	}
	defer done()
	return r.make(ctx, how, encoded, g, w)
}

// makeHandle makes a session of the library, watching ctx meanwhile.
func makeHandle(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
	opt, err := newOptions(how)
	if err != nil {
		return nil, err
	}
	defer opt.free()
	stop := watching(ctx, w, opt.cancel)
	layout.RLock()
	h, err := newHandle(opt, encoded, g)
	layout.RUnlock()
	stop()
	broken := w.check()
	if err == nil && broken != nil {
		layout.RLock()
		h.free()
		layout.RUnlock()
	}
	if broken != nil {
		return nil, broken
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// choose turns wishes into session options; the figures behind it are in the README.
func choose(dir string, k kind, o model.Options, fast bool) settings {
	s := settings{
		level: levelExtended, threads: o.Threads, provider: k.provider,
		// An autoencoder's tensors are so large that taking each from the system and giving
		// it back costs half as much as computing them; an arena, emptied after the run,
		// does not, and is left out only where a few hundred megabytes matter more.
		arena: !o.LowMemory,
		// DirectML cannot use a pattern of memory and warns of it.
		pattern: !o.LowMemory && !o.Release && k.name != "directml",
		entries: map[string]string{
			"session.intra_op.allow_spinning": "0",
			"session.inter_op.allow_spinning": "0",
		},
	}
	if dir != "" {
		// External data may only be named below this folder; the runtime refuses the rest.
		s.entries["session.model_external_initializers_file_folder_path"] = dir
	}
	if fast {
		s.level = levelAll
	} else {
		s.entries["session.disable_prepacking"] = "1"
	}
	return s
}
