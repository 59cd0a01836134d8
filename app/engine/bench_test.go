package engine

import (
	"context"
	"image"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"pentimento/pipeline"
)

// BenchmarkBorder measures what a run in a child costs more than one in this process, at
// 1024 × 1024 pixels: how long a step's preview is on its way, and how much later a result is
// there, its request with picture and mask included. The run itself does next to nothing.
// Medians: ms/step, ms/result.
func BenchmarkBorder(b *testing.B) {
	r := open(b, "script")
	q := asked("")
	q.Image = colours(rand.New(rand.NewPCG(1, 1)), image.Rect(0, 0, 1024, 1024))
	q.Mask = image.NewAlpha(q.Image.Rect)
	ignore := func(pipeline.Progress) {}
	run := func(x pipeline.Runner, report func(pipeline.Progress)) time.Duration {
		began := time.Now()
		if _, err := x.Run(context.Background(), q, report); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	run(r, ignore) // starts the child
	var steps, results []time.Duration
	for b.Loop() {
		q.Prompt = ""
		here := run(script{}, ignore)
		results = append(results, run(r, ignore)-here)
		q.Prompt, q.Steps = "clock", 5
		run(r, func(p pipeline.Progress) {
			if at, err := strconv.ParseInt(p.Stage, 10, 64); err == nil && p.Preview != nil {
				steps = append(steps, time.Since(time.Unix(0, at)))
			}
		})
	}
	b.ReportMetric(median(steps), "ms/step")
	b.ReportMetric(median(results), "ms/result")
	b.ReportMetric(0, "ns/op") // of both and their pauses
}

// median of durations, in milliseconds.
func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Microseconds()) / 1000
}

// BenchmarkStart measures how long the first job of a child waits for its process.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		r := open(b, "script")
		if _, err := r.Run(context.Background(), asked(""), nil); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}
