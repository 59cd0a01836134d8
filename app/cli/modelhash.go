package cli

import (
	"context"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline"
)

// modelHash begins to read a checkpoint alongside the run that uses it; the function it
// returns waits for the model hash as recipes have it, "" of a folder, of a file that
// cannot be read and once ctx has ended.
func modelHash(ctx context.Context, path string) func() string {
	if path == "" {
		return func() string { return "" }
	}
	found := make(chan string, 1)
	go func() {
		var sum string
		_ = fault.Guard("model hash", func() { sum, _, _ = pipeline.ModelSums(ctx, path) }) // a recipe without it still names the model
		found <- sum[:min(len(sum), pipeline.ModelHashDigits)]
	}()
	return sync.OnceValue(func() string { return <-found })
}
