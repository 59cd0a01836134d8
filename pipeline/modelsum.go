package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// ModelHashDigits is how many digits of the SHA-256 recipes call the model hash (A1111
// since 2023).
const ModelHashDigits = 10

// ModelSums reads a checkpoint once: its SHA-256 in hexadecimal, and the eight digits that
// A1111 took of 64 KiB a mebibyte into the file before 2023. It takes seconds for a large
// file and ends early when ctx does; a folder is an error. It may run on any goroutine.
func ModelSums(ctx context.Context, path string) (sum, old string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	part := make([]byte, 0x10000)
	n, err := f.ReadAt(part, 0x100000)
	if err != nil && err != io.EOF {
		return "", "", err
	}
	o := sha256.Sum256(part[:n])
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), hex.EncodeToString(o[:])[:8], nil
}
