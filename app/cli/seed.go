package cli

import (
	"errors"
	"fmt"
	"strconv"
)

// seedFlag is --seed: 0 to 2⁶⁴−1, as the field's tools draw them, or -1 for a random one.
// Generators read the 64 bits, so a seed beyond a signed number is the signed one of the
// same bits.
type seedFlag struct {
	value int64
	given bool // a seed, not -1
}

func (s *seedFlag) String() string {
	if s == nil || !s.given {
		return "-1"
	}
	return seedText(s.value)
}

// Set reads the flag.
func (s *seedFlag) Set(text string) error {
	if text == "-1" {
		*s = seedFlag{}
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("want 0 to 18446744073709551615, or -1 for a random one")
	}
	*s = seedFlag{int64(n), true}
	return nil
}

// or is the seed, or one drawn.
func (s *seedFlag) or(draw func() int64) int64 {
	if s.given {
		return s.value
	}
	return draw()
}

// seedText writes a seed as the field's tools do.
func seedText(seed int64) string { return fmt.Sprint(uint64(seed)) }
