package cli

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// infoOf names a file that a copy of the test program is to print, and nothing else.
const infoOf = "PENTIMENTO_TEST_INFO"

// mostMemory is what reading the recipe of a file of up to 1 MB may take, all in all.
const mostMemory = 512 << 20

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func packed(b []byte) []byte {
	var z bytes.Buffer
	w, _ := zlib.NewWriterLevel(&z, zlib.BestCompression)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// hostile are files of at most 1 MB that unpack to much more, or are made to be slow or
// large to read.
func hostile() map[string][]byte {
	const text = 4 << 20 // as much as a text may have
	fill := func(unit string, n int) string { return strings.Repeat(unit, n/len(unit)) }
	texts := map[string]string{
		"zeros": string(make([]byte, 64<<20)), "letters": fill("a", text), "lines": fill("a\n", text), "pairs": "x\n" + fill("Aa: b, ", text-9), "keys": "x\nSteps: 1, Seed: 2, Size: 3, " + fill("Aa, ", text-99),
		"json keys": "x\nSteps: 1, Seed: 2, Size: 3, " + fill(`Aa: [" `, text-99), "numbers": `{"a":[` + fill("0,", text-99) + `0]}`, "fewer numbers": `{"a":[` + fill("0,", 790_000) + `0]}`,
		"maps": `{"a":[` + fill(`{"b":1},`, 3_000_000) + `0]}`, "deep": fill("[", text), "nodes": "{" + fill(`"1":{"inputs":{"text":["1",0]}},`, text-99) + `"2":{}}`,
		"objects": fill(`{"a":`, text), "words": fill(`"a b" -s `, text), "NaN": `{"a":[` + fill("NaN,", 1_500_000) + `0]}`,
	}
	out := map[string][]byte{}
	for name, s := range texts {
		for _, key := range []string{"parameters", "prompt", "invokeai_metadata", "Dream", "pentimento"} {
			b := []byte("\x89PNG\r\n\x1a\n")
			b = append(b, pngChunk("IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"))...)
			b = append(b, pngChunk("zTXt", append([]byte(key+"\x00\x00"), packed([]byte(s))...))...)
			out[name+" in "+key] = append(b, pngChunk("IEND", nil)...)
		}
	}
	many := []byte("\x89PNG\r\n\x1a\n")
	many = append(many, pngChunk("IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"))...)
	bomb := pngChunk("iTXt", append([]byte("workflow\x00\x01\x00\x00\x00"), packed([]byte(fill("a", 64<<20)))...))
	for len(many)+len(bomb) < 1_000_000 {
		many = append(many, bomb...)
	}
	out["many bombs"] = append(many, pngChunk("IEND", nil)...)
	out["a GIF of comments"] = append([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), bytes.Repeat(append([]byte("!\xfe\xff"), append(bytes.Repeat([]byte("a"), 255), 0)...), 3800)...)
	return out
}

// TestNoSmallFileTakesMuchMemory prints every hostile file in a process of its own and looks
// at the most memory that it ever had.
func TestNoSmallFileTakesMuchMemory(t *testing.T) {
	if path := os.Getenv(infoOf); path != "" {
		Main(context.Background(), []string{"info", "--json", path}, Env{Stdout: io.Discard, Stderr: io.Discard, Stdin: strings.NewReader("")})
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.Write(status)
		return
	}
	if testing.Short() {
		t.Skip("72 processes; the race detector's own memory would be counted, too: run without -short")
	}
	dir := t.TempDir()
	most, which := int64(0), ""
	for name, b := range hostile() {
		if len(b) > 1<<20 {
			t.Fatalf("%s has %d bytes, want at most a megabyte", name, len(b))
		}
		path := filepath.Join(dir, "hostile")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(os.Args[0], "-test.run", "^TestNoSmallFileTakesMuchMemory$")
		c.Env = append(os.Environ(), infoOf+"="+path)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		// The system's account of an ended process (getrusage) begins with the memory of the
		// process that started it: this one, of hundreds of MB after the tests before.
		var peak int64
		if _, at, ok := bytes.Cut(out, []byte("\nVmHWM:")); !ok {
			t.Fatalf("%s: the process didn't tell its memory:\n%s", name, out)
		} else if _, err := fmt.Sscan(string(at), &peak); err != nil {
			t.Fatal(err)
		}
		peak <<= 10
		if peak > mostMemory {
			t.Errorf("%s (%d bytes) took %d MB, want at most %d", name, len(b), peak>>20, mostMemory>>20)
		}
		if peak > most {
			most, which = peak, name
		}
	}
	t.Logf("the most that any of %d files took is %d MB: %s", len(hostile()), most>>20, which)
}
