package journal

import (
	"github.com/gofrs/flock"
)

// Lock keeps other processes from writing the same journal. The system lets go of it when
// the process ends, however that comes about.
type Lock struct{ f *flock.Flock }

// ErrLocked says that another process (or window of this one) holds the lock.
var ErrLocked = &Error{Text: "it is open in another window", Advice: "close the other window, or go on there"}

// TryLock takes the lock of the journal at path: a file beside it, which is left where it
// is. It fails with ErrLocked where somebody holds it, and with the system's error where
// the file cannot be made.
func TryLock(path string) (*Lock, error) {
	f := flock.New(path + ".lock")
	ok, err := f.TryLock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrLocked
	}
	return &Lock{f}, nil
}

// Unlock lets go; nil may be unlocked.
func (l *Lock) Unlock() {
	if l != nil {
		_ = l.f.Close()
	}
}
