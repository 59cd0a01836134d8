package engine

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"pentimento/pipeline"
)

// How long things may take before the child is held to hang. They are generous: a hang is
// rare, and a slow machine must never be taken for one. They count seconds in which the
// window's process itself ran, so that a machine that slept is not late.
const (
	silence  = 60 * time.Second // without any message: the process does not run at all
	starting = 60 * time.Second // from its start to its first message
	grace    = 10 * time.Second // from a cancel to the end of the run
	idle     = 5 * time.Minute  // without a job, until the child is ended
)

// patience is how long a run may go without progress: a model is read at 20 MB a second at
// least, and a megapixel of one step or of the autoencoder takes four minutes at most, which
// is ten times what two old cores need.
func patience(q pipeline.Request) time.Duration {
	wait := 4*time.Minute + time.Duration(size(q.Model)/20_000_000)*time.Second
	pixels := q.Width * q.Height
	if q.Image != nil {
		pixels = max(pixels, q.Image.Rect.Dx()*q.Image.Rect.Dy())
	}
	pixels = max(pixels, q.Frame.Dx()*q.Frame.Dy())
	if h := q.Hires; h != nil {
		pixels *= int(max(h.Scale, 2) * max(h.Scale, 2))
	}
	if e := q.Enlarge; e != nil {
		pixels *= int(max(e.By, 1) * max(e.By, 1))
	}
	wait += time.Duration(float64(4*time.Minute) * min(float64(pixels)/1e6, 64))
	if q.Device == "tensorrt" {
		wait *= 3 // it compiles the model first
	}
	return wait
}

// size is how many bytes a model has on disk, a file or a folder; 0 where that cannot be
// told.
func size(model string) int64 {
	info, err := os.Stat(model)
	if err != nil || !info.IsDir() {
		if err != nil {
			return 0
		}
		return info.Size()
	}
	var n int64
	_ = filepath.WalkDir(model, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
