package pipeline

import "testing"

// Prompts pass over what they can't read; what is given by a flag is told.
func TestANumberOfAnAdapterThatMeansNothingIsRefused(t *testing.T) {
	file := func(string) bool { return false }
	for _, text := range []string{"a:nan", "a:1:inf", "a:1:dyn=-3", "a:te=x", "a:1:start=x", "a:1:start=-1", "a:1:stop=nan", "a:1:step=5", "a:1:step=9-3", "a:1:unet="} {
		if a, err := ReadAdapter(text, file); err == nil {
			t.Errorf("%s: read as %+v", text, a)
		}
	}
	for _, text := range []string{"a", "a:", "a:-0.5", "a:1:0.5:4", "a:1:OUTALL", "a:te=0.5:unet=-1", "a:1:start=0.2:stop=9", "a:1:step=3-9", "a:1:lbw=1,0,1"} {
		if _, err := ReadAdapter(text, file); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
