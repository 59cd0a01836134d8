package assets

import (
	"embed"
	"errors"
)

// vocab holds merges.txt where `make vocab` ran before the build; the folder is there
// anyway, so that a build without it works.
//
//go:embed vocab
var vocab embed.FS

// Merges is the text of CLIP's byte-pair merges, for models that bring no vocabulary.
func Merges() ([]byte, error) {
	data, err := vocab.ReadFile("vocab/merges.txt")
	if err != nil {
		return nil, errors.New("the program was built without assets/vocab/merges.txt")
	}
	return data, nil
}
