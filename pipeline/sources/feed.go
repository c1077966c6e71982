package sources

import (
	"context"
	"os"
)

// page placeholder until the feed reader stands.
type page struct{}

func (p *page) rows() rows { return nil }

var articleSelect = map[string]string{}

func lookPage(root *os.Root, f string, n Night) (input, error) { return input{}, nil }
func (j *job) fetch(ctx context.Context) error                 { return nil }
