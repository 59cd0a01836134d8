package adapter

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
)

// SumsKey is A1111's parameter for the sums of a picture's adapters: "name: sum, name: sum".
const SumsKey = "Lora hashes"

// sumDigits is how many digits of a sum recipes have.
const sumDigits = 12

// Sum tells the file by what it holds, as recipes do: the first digits of the SHA-256 of
// all behind the header, so that a renamed or relabelled copy has the same. It reads the
// whole file and ends early with ctx.Err().
func (f *File) Sum(ctx context.Context) (string, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return "", f.wrap(err)
	}
	defer file.Close()
	var length [8]byte
	if _, err := io.ReadFull(file, length[:]); err != nil {
		return "", f.wrap(err)
	}
	if _, err := file.Seek(int64(binary.LittleEndian.Uint64(length[:])), io.SeekCurrent); err != nil {
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
