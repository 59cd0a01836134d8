package upscaler

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tfjs"
)

// openTFJS reads a network of TensorFlow.js, such as UpscalerJS' ESRGAN: a model.json with its files of
// weights beside it. Its factor is known once it ran.
func openTFJS(path string) (*File, error) {
	g, err := tfjs.OpenPictures(path)
	if err != nil {
		return nil, fault.With(fmt.Errorf("upscaler %q: %w", filepath.Base(path), err), fault.Hint(err))
	}
	picture := func(all []graph.Value) bool {
		return len(all) == 1 && len(all[0].Shape) == 4 && (all[0].Shape[1].Fixed == 3 || all[0].Shape[1].Fixed <= 0)
	}
	if !picture(g.Inputs) || !picture(g.Outputs) || g.Inputs[0].Shape[2].Fixed > 0 || g.Inputs[0].Shape[3].Fixed > 0 {
		return nil, fault.New(fmt.Sprintf("upscaler %q: this is a model of TensorFlow.js that reads %s and makes %s; want one picture of any size each", filepath.Base(path), graph.Told(g.Inputs), graph.Told(g.Outputs)),
			"Choose the model.json of an upscaler.")
	}
	f := &File{Path: path, Family: "TensorFlow.js", Multiple: 1, Margin: 24, Bytes: 12 << 10, frame: 8, in: g.Inputs[0].Name, out: g.Outputs[0].Name}
	f.build = func(graph.Variant) (*graph.Graph, error) { return tfjs.OpenPictures(path) }
	return f, nil
}

// isTFJS says whether a file is a model of TensorFlow.js by its name: other upscalers are no JSON.
func isTFJS(path string) bool { return strings.EqualFold(filepath.Ext(path), ".json") }

// modelJSON is what TensorFlow.js calls the file that says what lies in the others of a folder.
const modelJSON = "model.json"

// isFolder says whether a folder holds a model of TensorFlow.js.
func isFolder(path string) bool {
	st, err := os.Stat(path)
	if err != nil || !st.IsDir() {
		return false
	}
	st, err = os.Stat(filepath.Join(path, modelJSON))
	return err == nil && st.Mode().IsRegular()
}
