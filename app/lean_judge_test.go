package main

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// leanJudge is assets/starter/train/eval_prompts.py, where PENTIMENTO_LEAN_JUDGE names a Python
// that has PyTorch: it says of a folder of pictures how many show what their prompts name.
type leanJudge struct {
	dir     string
	folders int
	in      io.WriteCloser
	out     *bufio.Reader
}

// newLeanJudge starts it, with folders of its own in dir; nil without a Python for it.
func newLeanJudge(t *testing.T, dir string) *leanJudge {
	python := os.Getenv("PENTIMENTO_LEAN_JUDGE")
	if python == "" {
		return nil
	}
	cmd := exec.Command(python, filepath.Join("..", "assets", "starter", "train", "eval_prompts.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &leanJudge{dir: dir, in: in, out: bufio.NewReader(out)}
}

// ask has it judge pictures painted from prompts. It learns first, where it has not yet: meanwhile
// the next pictures are painted.
func (j *leanJudge) ask(t *testing.T, pictures []*image.NRGBA, prompts []string) {
	t.Helper()
	if j == nil {
		return
	}
	dir := filepath.Join(j.dir, fmt.Sprintf("row-%02d", j.folders))
	j.folders++
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "prompts.txt"), []byte(strings.Join(prompts, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, img := range pictures {
		if err := writePNG(filepath.Join(dir, fmt.Sprintf("%03d.png", i)), img); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = fmt.Fprintln(j.in, dir)
	}
	if err != nil {
		t.Fatalf("the judge: %v", err)
	}
}

// answer is what it says of the pictures that it was first asked about, in percent; "" without a judge.
func (j *leanJudge) answer(t *testing.T) string {
	t.Helper()
	if j == nil {
		return ""
	}
	var noun, colour float64
	line, err := j.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &noun, &colour)
	}
	if err != nil {
		t.Fatalf("the judge says %q: %v", line, err)
	}
	return fmt.Sprintf("%.0f, %.0f %%", 100*noun, 100*colour)
}
