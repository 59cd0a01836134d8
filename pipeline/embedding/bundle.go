package embedding

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
)

// A checkpoint or an adapter may hold embeddings that were trained with it, each in tensors
// bundle_emb.NAME.KEY, KEY being what an embedding's own file calls them. Their paths here are
// FILE/NAME.

// endingsOfKeys are the keys of the vectors in a bundle: NAME may hold dots.
var endingsOfKeys = slices.Concat([]string{param + "*"}, encoders[0], encoders[1])

// largestHeader is how much of a file's header is searched for bundles.
const largestHeader = 64 << 20

// Bundled lists the paths of the embeddings within a .safetensors file; none where it cannot be
// read. A file without any takes a millisecond at most.
func Bundled(file string) (paths []string) {
	if !mayBundle(file) {
		return nil
	}
	p, err := checkpoint.OpenPart(file, "embeddings")
	if err != nil {
		return nil // who opens the file for itself tells why
	}
	for _, name := range slices.Sorted(maps.Keys(bundles(p))) {
		if !strings.ContainsAny(name, `/\`) && name != "" && name != "." && name != ".." {
			paths = append(paths, file+string(filepath.Separator)+name)
		}
	}
	return paths
}

// mayBundle looks for such a key in the header, without reading it as one.
func mayBundle(path string) bool {
	if !strings.EqualFold(filepath.Ext(path), ".safetensors") {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var size [8]byte
	if _, err := io.ReadFull(f, size[:]); err != nil {
		return false
	}
	header, err := io.ReadAll(io.LimitReader(f, int64(min(binary.LittleEndian.Uint64(size[:]), largestHeader))))
	return err == nil && bytes.Contains(header, []byte(`"`+checkpoint.Bundled))
}

// bundles are the tensors of each embedding in a file, by the keys that its own file would have.
func bundles(p *checkpoint.Part) map[string]map[string]checkpoint.Tensor {
	all := map[string]map[string]checkpoint.Tensor{}
	for key, t := range p.Tensors {
		rest, ok := strings.CutPrefix(key, checkpoint.Bundled)
		if !ok {
			continue
		}
		for _, end := range endingsOfKeys {
			if name, ok := strings.CutSuffix(rest, "."+end); ok {
				if all[name] == nil {
					all[name] = map[string]checkpoint.Tensor{}
				}
				all[name][end] = t
			}
		}
	}
	return all
}

// Container is the file that an embedding's path lies in, which is the path itself unless it is bundled.
func Container(path string) string {
	if file, _, ok := within(path); ok {
		return file
	}
	return path
}

// within parts the path of a bundled embedding.
func within(path string) (file, name string, ok bool) {
	file, name = filepath.Dir(path), filepath.Base(path)
	if !isFile(file) {
		return "", "", false
	}
	info, err := os.Stat(file)
	return file, name, err == nil && info.Mode().IsRegular()
}

// vectorSum tells a bundled embedding by its vectors: the first digits of their SHA-256 as the file
// has them.
func (f *File) vectorSum() (string, error) {
	h := sha256.New()
	for _, t := range f.sets {
		if err := t.CopyTo(h); err != nil {
			return "", f.wrap(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:sumDigits], nil
}
