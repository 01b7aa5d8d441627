//go:build race

package parse

func init() { memoryLimit = 0 }
