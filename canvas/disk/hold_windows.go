package disk

import "os"

// hold has nothing to do: Windows removes no file that is open.
func hold(*os.File) {}

func forsaken(string) bool { return true }
