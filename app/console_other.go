//go:build !windows

package main

func attachConsole() {} // a verb has its streams anyway
