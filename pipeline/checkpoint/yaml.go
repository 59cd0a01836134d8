package checkpoint

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlParams are the few lines that count of the .yaml that goes with a single file
// (CompVis' latent-diffusion, where model.params is the diffusion's).
type yamlParams struct {
	Parameterization string  `yaml:"parameterization"` // "eps" or "v"
	Start            float64 `yaml:"linear_start"`
	End              float64 `yaml:"linear_end"`
	Steps            int     `yaml:"timesteps"`
}

// maxYAML is the most that is read of such a file.
const maxYAML = 1 << 20

// readYAML reads NAME.yaml beside NAME.safetensors; nil where there is none.
//
// 2026-11-27: by go.yaml.in/yaml, which the YAML organisation keeps and Fyne links anyway.
func readYAML(model string) (*yamlParams, error) {
	path := strings.TrimSuffix(model, filepath.Ext(model)) + ".yaml"
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", filepath.Base(path), err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxYAML))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", filepath.Base(path), err)
	}
	var doc struct {
		Model struct {
			Params yamlParams `yaml:"params"`
		} `yaml:"model"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%q beside the model: %w", filepath.Base(path), err)
	}
	return &doc.Model.Params, nil
}
