package pipeline

import (
	"testing"

	"pentimento/pipeline/prompt"
)

// A request may hold a list of no rows.
func TestIDsOfNoRowsAreRefused(t *testing.T) {
	if ids, err := (RawText{IDs: [][]int{}}).windows("", 0, nil, prompt.Spec{Length: 75}); err == nil {
		t.Errorf("read as %v", ids)
	}
}
