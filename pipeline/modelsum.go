package pipeline

import (
	"context"

	"pentimento/pipeline/checkpoint"
)

// ModelHashDigits is how many digits of the SHA-256 recipes call the model hash (A1111
// since 2023), and Civitai AutoV2.
const ModelHashDigits = 10

// Sums are the hashes of a file; see checkpoint.Sums.
type Sums = checkpoint.Sums

// FileSums reads a file once for all its sums; see checkpoint.FileSums.
func FileSums(ctx context.Context, path string, read func(n int)) (Sums, error) {
	return checkpoint.FileSums(ctx, path, read)
}

// ModelSums are the sums of a checkpoint that its recipes have: the SHA-256 and the old eight
// digits. See FileSums.
func ModelSums(ctx context.Context, path string) (sum, old string, err error) {
	s, err := FileSums(ctx, path, nil)
	return s.SHA256, s.Old, err
}
