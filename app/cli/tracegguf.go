package cli

import (
	"context"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// blocksStages are those of files of blocks.
var blocksStages = []stage{
	{"gguf", "every tensor of a GGUF file, decoded, by its name", []string{"model", "out"}, false, traceGGUF},
}

// traceGGUF is traceOpen for a GGUF file, and refuses others.
func traceGGUF(ctx context.Context, env *Env, t *traceFlags) error {
	ok, err := checkpoint.IsGGUF(t.model)
	if err == nil && !ok {
		err = fault.New("this is no GGUF file", "The stage open reads files of safetensors and of torch.")
	}
	if err != nil {
		return err
	}
	return traceOpen(ctx, env, t)
}
