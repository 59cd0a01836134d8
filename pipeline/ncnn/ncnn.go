// Package ncnn reads networks of ncnn (github.com/Tencent/ncnn, docs/developer-guide), the form in
// which Real-ESRGAN, waifu2x and Real-CUGAN are given away: a text that lists layers (.param) and,
// beside it under the same name, their weights one after another (.bin). Open makes a graph of the
// two; the weights stay in the .bin, of fp16 where they are fp16.
//
// Start at Open (ncnn.go), which goes through param.go, the text; weights.go, what lies where in
// the .bin; and layers.go, where a layer is added as a row. Values are pictures [1,C,h,w] of any
// size; what ncnn has as a list of channels is a picture [1,C,1,1] here.
//
// Safety: a text is at most maxText bytes and lists as many values as it says, every weight's place
// is checked against the file, and a .bin that is too short or too long is an error.
package ncnn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// maxText is how long a .param may be, in bytes. That of Real-ESRGAN x4plus has 117,030.
const maxText = 4 << 20

// Is says whether a file that begins so is a .param of ncnn's.
func Is(head []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(head)), magic) }

// Open reads the network of a .param and the .bin beside it, whichever of the two is named, in
// milliseconds; the weights are not read. Inputs and outputs have the file's names: pictures
// [1,C,h,w] of fp32, of any height and width that the network's own steps divide. The error of a file
// of another kind says what it is. It is safe for use by several goroutines.
func Open(path string) (*graph.Graph, error) {
	g, err := open(path)
	if err != nil {
		return nil, fault.With(fmt.Errorf("ncnn network %q: %w", filepath.Base(path), err), fault.Hint(err))
	}
	return g, nil
}

func open(path string) (*graph.Graph, error) {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	if strings.EqualFold(filepath.Ext(path), ".bin") {
		path = stem + ".param"
	}
	text, err := textOf(path)
	if err != nil {
		return nil, err
	}
	layers, err := parse(text)
	if err != nil {
		return nil, err
	}
	f, info, real, err := checkpoint.Regular(stem + ".bin")
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.With(fmt.Errorf("its weights are missing: %w", err), "Put "+filepath.Base(stem)+".bin beside it.")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return write(filepath.Base(stem), layers, &store{r: f, path: real, size: info.Size()})
}

// textOf reads a .param.
func textOf(path string) (string, error) {
	f, info, _, err := checkpoint.Regular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, min(512, info.Size()))
	if _, err := f.ReadAt(head, 0); err != nil {
		return "", err
	}
	if string(head[:min(4, len(head))]) == "\xdd\x85\x76\x00" {
		return "", fault.New("this is a .param in ncnn's binary form, which is not read", "Get the .param that is a text.")
	}
	if !Is(head) {
		return "", checkpoint.Stranger(head, "a network of ncnn (.param and .bin)")
	}
	if info.Size() > maxText {
		return "", fmt.Errorf("has %d bytes of text, want at most %d", info.Size(), maxText)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return "", err
	}
	return string(b), nil
}
