//go:build !windows

package collection

import (
	"errors"
	"syscall"
)

func otherDrive(err error) bool { return errors.Is(err, syscall.EXDEV) }
