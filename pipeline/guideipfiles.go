package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/ipadapter"
)

// imageFiles are the headers of adapters and encoders that were read.
var imageFiles struct {
	sync.Mutex
	adapters map[string]*ipadapter.File
	visions  map[string]*checkpoint.Vision
	others   map[string]noVision
}

// noVision says why a file is no vision encoder, as it was then: beside adapters lie many.
type noVision struct {
	size int64
	time time.Time
	err  error
}

// imageAdapter is the header of an adapter's file.
func imageAdapter(path string) (*ipadapter.File, error) {
	imageFiles.Lock()
	f := imageFiles.adapters[path]
	imageFiles.Unlock()
	if f != nil && f.Changed() == nil {
		return f, nil
	}
	f, err := ipadapter.Open(path) // nobody waits for a slow disk who asks for another file
	imageFiles.Lock()
	defer imageFiles.Unlock()
	if err == nil {
		if imageFiles.adapters == nil {
			imageFiles.adapters = map[string]*ipadapter.File{}
		}
		imageFiles.adapters[path] = f
	}
	return f, err
}

// imageVision is the header of a vision encoder.
func imageVision(path string) (*checkpoint.Vision, error) {
	imageFiles.Lock()
	v, was := imageFiles.visions[path], imageFiles.others[path]
	imageFiles.Unlock()
	if v != nil && v.Changed() == nil {
		return v, nil
	}
	info, missing := os.Stat(path)
	if was.err != nil && missing == nil && was.size == info.Size() && was.time.Equal(info.ModTime()) {
		return nil, was.err
	}
	v, err := checkpoint.OpenVision(path, checkpoint.VisionConfig{})
	imageFiles.Lock()
	defer imageFiles.Unlock()
	switch {
	case err == nil:
		if imageFiles.visions == nil {
			imageFiles.visions = map[string]*checkpoint.Vision{}
		}
		imageFiles.visions[path] = v
	case missing == nil && info.Mode().IsRegular():
		if imageFiles.others == nil {
			imageFiles.others = map[string]noVision{}
		}
		imageFiles.others[path] = noVision{info.Size(), info.ModTime(), err}
	}
	return v, err
}

// visionOf is the vision encoder of a guide: its file, one of that name near the adapter, or where it names none
// the first there that fits, whatever it is called.
func visionOf(g Guide, f *ipadapter.File) (path string, v *checkpoint.Vision, err error) {
	if g.Vision != "" {
		path = g.Vision
		if _, err := os.Stat(path); err != nil {
			path = ""
			for _, near := range visionFiles(f.Path) {
				if filepath.Base(near) == baseName(g.Vision) {
					path = near
					break
				}
			}
		}
		if path == "" {
			return "", nil, fault.New(fmt.Sprintf("the vision encoder %s can't be found", shortName(g.Vision)), "Was it moved or renamed? Choose it again.")
		}
		if v, err = imageVision(path); err == nil {
			err = f.Fits(v)
		}
		return path, v, err
	}
	for _, path := range visionFiles(f.Path) {
		if v, err := imageVision(path); err == nil && f.Fits(v) == nil {
			return path, v, nil
		}
	}
	return "", nil, fault.New(fmt.Sprintf("no vision encoder for %s was found near it; want one that gives numbers of width %d", shortName(f.Path), f.Reads),
		f.EncoderHint()+" Choose it, or put it into a folder clip_vision or image_encoder beside the adapter's.")
}

// visionFiles lists what may be vision encoders near an adapter, the nearest first: in its own folder, and in those
// called image_encoder or clip_vision in it and in the three above it, or in their folders models and sdxl_models.
func visionFiles(adapter string) (out []string) {
	dir := filepath.Dir(adapter)
	files := func(dir string) {
		for _, kind := range []string{"*.safetensors", "*.bin", "*.pth", "*.pt"} {
			found, _ := filepath.Glob(filepath.Join(escaped(dir), kind))
			slices.Sort(found)
			for _, path := range found {
				if path != adapter && !slices.Contains(out, path) {
					out = append(out, path)
				}
			}
		}
	}
	at := dir
	for range 4 {
		for _, within := range []string{"", "models", "sdxl_models"} {
			for _, name := range []string{"image_encoder", "clip_vision"} {
				files(filepath.Join(at, within, name))
				below, _ := filepath.Glob(filepath.Join(escaped(filepath.Join(at, within, name)), "*")) // a folder for each
				for _, d := range below {
					if info, err := os.Stat(d); err == nil && info.IsDir() {
						files(d)
					}
				}
			}
		}
		if at == dir {
			files(dir)
		}
		if filepath.Dir(at) == at {
			break
		}
		at = filepath.Dir(at)
	}
	return out
}
