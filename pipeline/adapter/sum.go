package adapter

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"

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
	file, err := os.Open(f.Path)
	if err != nil {
		return "", f.wrap(err)
	}
	defer file.Close()
	var head [9]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return "", f.wrap(err)
	}
	at := int64(0)
	if n := binary.LittleEndian.Uint64(head[:]); n <= checkpoint.MaxHeader && head[8] == '{' {
		at = 8 + int64(n)
	}
	if _, err := file.Seek(at, io.SeekStart); err != nil {
		return "", f.wrap(err)
	}
	h := sha256.New()
	for {
		_, err := io.CopyN(h, file, 1<<20)
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil))[:sumDigits], nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
	}
}
