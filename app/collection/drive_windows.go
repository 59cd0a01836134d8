package collection

import (
	"errors"
	"syscall"
)

// otherDrive: ERROR_NOT_SAME_DEVICE.
func otherDrive(err error) bool { return errors.Is(err, syscall.Errno(17)) }
