package family_test

import (
	"context"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/pipelinetest"
)

// TestWhatCannotBeDrawnIsAProblem: inspecting says what a run would say.
func TestWhatCannotBeDrawnIsAProblem(t *testing.T) {
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		m := pipelinetest.Tiny(t, name)
		path := m.Write(t, "single", "F16")
		r, err := family.Inspect(context.Background(), path, checkpoint.Options{}, nil)
		if err != nil || len(r.Problems) > 0 {
			t.Errorf("%s: %v, problems %q", name, err, r.Problems)
		}
	}
	m := pipelinetest.Tiny(t, "tiny15")
	m.Without = "model.diffusion_model.middle_block.1.norm.weight"
	r, err := family.Inspect(context.Background(), m.Write(t, "single", "F16"), checkpoint.Options{}, nil)
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], `"middle_block.1.norm.weight" is missing`) {
		t.Errorf("%v, problems %q", err, r.Problems)
	}
}
