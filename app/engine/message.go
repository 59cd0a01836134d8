package engine

import (
	"context"
	"errors"
	"fmt"
	"image"

	"pentimento/fault"
	"pentimento/pipeline"
)

// kind says what a message is. The first two never change: by them a program of another
// build is known.
type kind uint8

const (
	hello    kind = 1 + iota // from the child, first of all: its Start
	start                    // to the child, the answer: a Start
	run                      // to the child: a Request
	cancel                   // to the child: end that run
	devices                  // to the child: list them
	beat                     // from the child, every second: it lives
	progress                 // from the child: a step and perhaps a preview
	notice                   // from the child: a sentence for the person, of no run
	done                     // from the child: a result
	failed                   // from the child: an answer
	listed                   // from the child: the devices
)

// step is a pipeline.Progress without its picture.
type step struct {
	_        struct{} `cbor:",toarray"`
	Stage    string
	Fraction float64
	Notice   string
}

// outcome is a pipeline.Result without its pictures.
type outcome struct {
	Request pipeline.Request
	Timings []pipeline.Timing
	Images  bool // the pictures are Result.Images, Image is the first of them
	Seeds   []int64
	Steps   []float64
	Device  string

	Previews pipeline.Previews

	Layers int // how many of the pictures, the last ones, are Result.Layers
}

// refusal is an ordinary error.
type refusal struct {
	Text, Advice string
	Cancelled    bool // the run ended because it was told to
}

// sendRequest sends a request with its pictures in the order of Request.Pictures.
func (w *writer) sendRequest(id uint64, q pipeline.Request) error {
	var pictures []image.Image
	for _, p := range q.Pictures() {
		pictures = append(pictures, p.Get())
	}
	return w.send(run, id, q, pictures...)
}

func (m message) request() (pipeline.Request, error) {
	var q pipeline.Request
	if err := decoder.Unmarshal(m.Body, &q); err != nil {
		return q, fmt.Errorf("engine: a request cannot be read: %w", err)
	}
	i := 0
	for name, p := range q.Pictures() {
		if i >= len(m.pictures) || !p.Set(m.pictures[i]) {
			return q, fmt.Errorf("engine: a request with %d pictures lacks %q", len(m.pictures), name)
		}
		i++
	}
	if len(m.pictures) != i {
		return q, fmt.Errorf("engine: a request with %d pictures, want %d", len(m.pictures), i)
	}
	return q, nil
}

// sendResult sends a result: the mask, then its pictures.
func (w *writer) sendResult(id uint64, r *pipeline.Result) error {
	o := outcome{r.Request, r.Timings, len(r.Images) > 0, r.Seeds, r.Steps, r.Device, r.Previews, len(r.Layers)}
	pictures := []image.Image{r.Mask}
	for _, p := range r.Images {
		pictures = append(pictures, p)
	}
	if !o.Images {
		pictures = append(pictures, r.Image)
	}
	for _, p := range r.Layers {
		pictures = append(pictures, p)
	}
	return w.send(done, id, o, pictures...)
}

// result is what was sent; of asked come the pictures of Result.Request, which the child has
// no reason to send back.
func (m message) result(asked pipeline.Request) (*pipeline.Result, error) {
	var o outcome
	if err := decoder.Unmarshal(m.Body, &o); err != nil {
		return nil, fmt.Errorf("engine: a result cannot be read: %w", err)
	}
	if len(m.pictures) < 2 || m.nrgba(1) == nil || m.alpha(0) == nil {
		return nil, fmt.Errorf("engine: a result with %d pictures, want a mask and a picture at least", len(m.pictures))
	}
	r := &pipeline.Result{Mask: m.alpha(0), Image: m.nrgba(1), Request: o.Request, Timings: o.Timings, Seeds: o.Seeds, Steps: o.Steps, Device: o.Device, Previews: o.Previews}
	if o.Layers < 0 || o.Layers > len(m.pictures)-2 {
		return nil, fmt.Errorf("engine: a result with %d pictures and %d layers", len(m.pictures), o.Layers)
	}
	for i := len(m.pictures) - o.Layers; i < len(m.pictures); i++ {
		r.Layers = append(r.Layers, m.nrgba(i))
	}
	m.pictures = m.pictures[:len(m.pictures)-o.Layers]
	if o.Images {
		for i := 1; i < len(m.pictures); i++ {
			r.Images = append(r.Images, m.nrgba(i))
		}
		if len(r.Images) != len(r.Seeds) {
			return nil, fmt.Errorf("engine: a result with %d pictures and %d seeds", len(r.Images), len(r.Seeds))
		}
	}
	if err := r.Request.TakePictures(asked); err != nil {
		return nil, fmt.Errorf("engine: a result of another request: %w", err)
	}
	return r, nil
}

func refuse(err error) refusal {
	return refusal{err.Error(), fault.Hint(err), errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)}
}
