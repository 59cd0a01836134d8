package engine

import (
	"context"
	"slices"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/model"
)

// repeating is a Runner that says the same at every run, as every fresh child does.
type repeating struct{}

func (repeating) Run(_ context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	report(pipeline.Progress{Stage: "step", Notice: model.NoCard})
	report(pipeline.Progress{Notice: "a batch failed"})
	return &pipeline.Result{Request: q}, nil
}

// TestThatThereIsNoCardIsToldOnce, whichever way it comes; what is about one run is told with each.
func TestThatThereIsNoCardIsToldOnce(t *testing.T) {
	var told []string
	c := New(Config{Local: repeating{}, Notice: func(s string) { told = append(told, s) }})
	defer c.Close()
	stages := 0
	for range 2 {
		if _, err := c.Run(context.Background(), pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content}}, func(p pipeline.Progress) {
			if p.Stage != "" {
				stages++
			}
			if p.Notice != "" {
				told = append(told, p.Notice)
			}
		}); err != nil {
			t.Fatal(err)
		}
		c.config.notice(model.NoCard)
		c.config.notice("other")
	}
	if want := []string{model.NoCard, "a batch failed", "other", "a batch failed", "other"}; !slices.Equal(told, want) || stages != 2 {
		t.Errorf("told %q in %d stages, want %q in 2", told, stages, want)
	}
}
