package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
)

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// hashOfFile returns "" for a file that cannot be read.
func hashOfFile(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return hashOf(content)
}
