package adapter

import (
	"cmp"
	"context"

	"pentimento/pipeline/checkpoint"
)

// SumsKey is A1111's parameter for the sums of a picture's adapters: "name: sum, name: sum".
const SumsKey = "Lora hashes"

// sumDigits is how many digits of a sum recipes have.
const sumDigits = 12

// Sum tells the file by what it holds, as recipes do: the first digits of the SHA-256 of
// all behind the header, so that a renamed or relabelled copy has the same; of a file of
// torch, which has none, of all. It reads the whole file and ends early with ctx.Err().
func (f *File) Sum(ctx context.Context) (string, error) {
	s, err := checkpoint.FileSums(ctx, f.Path, nil)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", f.wrap(err)
	}
	return cmp.Or(s.Data, s.SHA256)[:sumDigits], nil
}
