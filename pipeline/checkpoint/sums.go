package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// Sums are the hashes by which the tools of the field know a file, in lower-case hexadecimal.
type Sums struct {
	SHA256 string `json:"sha256,omitempty"` // of the whole file, 64 digits
	// Data is the SHA-256 of all behind the header of a safetensors file, which stays the same
	// where only the metadata changes: sshs_model_hash of sd-scripts, and the beginning of it
	// AutoV3; "" of other files.
	Data string `json:"data,omitempty"`
	Old  string `json:"old,omitempty"` // eight digits of 64 KiB a mebibyte into the file: A1111 before 2023, sshs_legacy_hash; "" of a shorter file
}

// FileSums reads a file once for all its sums. It takes seconds for a large file, tells read of
// bytes as they come (nil: nobody), and ends early when ctx does; a folder is an error. It may
// run on any goroutine.
func FileSums(ctx context.Context, path string, read func(n int)) (s Sums, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	part := make([]byte, 0x10000)
	n, err := f.ReadAt(part, 0x100000)
	if err != nil && err != io.EOF {
		return s, err
	}
	old := sha256.Sum256(part[:n])
	header := headerOf(f)
	whole, data := sha256.New(), hash.Hash(nil)
	if header > 0 {
		data = sha256.New()
	}
	buf, at := make([]byte, 1<<20), int64(0)
	for {
		n, err := f.Read(buf)
		whole.Write(buf[:n]) // a hash never fails
		if skip := max(0, header-at); data != nil && skip < int64(n) {
			data.Write(buf[skip:n])
		}
		at += int64(n)
		if read != nil {
			read(n)
		}
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return s, err
		}
	}
	s.SHA256 = hex.EncodeToString(whole.Sum(nil))
	if n > 0 { // a file that ends before has the sum of nothing, as all such have
		s.Old = hex.EncodeToString(old[:])[:8]
	}
	if data != nil {
		s.Data = hex.EncodeToString(data.Sum(nil))
	}
	return s, nil
}

// headerOf is where the data of a safetensors file begins, 0 of any other.
func headerOf(f *os.File) int64 {
	var head [9]byte
	st, err := f.Stat()
	if n, _ := f.ReadAt(head[:], 0); err != nil || n < len(head) || head[8] != '{' {
		return 0
	}
	if n := binary.LittleEndian.Uint64(head[:]); n <= uint64(max(0, st.Size()-8)) {
		return int64(n) + 8
	}
	return 0
}
