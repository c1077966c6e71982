package report

import (
	"bytes"
	"html/template"
)

// A Picture is a chart for a page outside this package, drawn like those of the report: plain shapes whose classes take
// their colours from [Style].
type Picture struct{ c *chart }

// NewPicture returns an empty picture of a size in CSS pixels; its title is read aloud in its place.
func NewPicture(title string, w, h float64) Picture { return Picture{newChart(title, w, h)} }

// Rect draws a rectangle; a negative width reaches to the left.
func (p Picture) Rect(x, y, w, h float64, class string) { p.c.rect(x, y, w, h, class) }

// Line draws a line through points given as x, y, x, y and so on.
func (p Picture) Line(class string, xy ...float64) { p.c.line(class, xy...) }

// Label writes a text.
func (p Picture) Label(x, y float64, text, class string) { p.c.label(x, y, clean(text, 80), class) }

// HTML is the picture as inline SVG.
func (p Picture) HTML() template.HTML { return drawn("chart", p.c) }

// Style is the style sheet of every page.
func Style() template.HTML { return drawn("style", nil) }

// Security is what stands first in the head of every page: it may load nothing and run nothing.
func Security() template.HTML { return drawn("security", nil) }

// NiceTick is the smallest of 1, 2, 5 times a power of ten that is not below v.
func NiceTick(v float64) float64 { return niceTick(v) }

// drawn executes a template of this package, which escapes what it is given.
func drawn(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, data); err != nil {
		return template.HTML(template.HTMLEscapeString(err.Error())) // cannot be: the templates are this package's own
	}
	return template.HTML(b.String())
}
