package graph

import "math"

const (
	handle   = 75 // how far the curve of a long wire keeps its direction
	nearBy   = 100
	turn     = 25 // how far a wire swings out that turns back
	level    = 10 // ends nearer than this in height are on one level
	underfly = 25 // how far a wire that turns back on one level stays below
)

// wirePath returns the curve from an output to an input, as the d of an SVG path.
// It leaves to the right and arrives from the left.
func wirePath(x1, y1, x2, y2 float64) string {
	dx, dy := x2-x1, y2-y1
	switch {
	case dx > 0:
		h := handle * min(1, math.Hypot(dx, dy)/nearBy)
		return path("M", x1, y1, "C", x1+h, y1, x2-h, y2, x2, y2)
	case math.Abs(dy) < level:
		// Out to the right, back below both nodes, and in from the left.
		low := max(y1, y2) + underfly
		return path("M", x1, y1,
			"C", x1+15, y1, x1+turn, y1+5, x1+turn, (y1+low)/2,
			"C", x1+turn, low-5, x1+15, low, x1, low,
			"L", x2, low,
			"C", x2-15, low, x2-turn, low-5, x2-turn, (y2+low)/2,
			"C", x2-turn, y2+5, x2-15, y2, x2, y2)
	}
	// Out to the right, back between the two levels, and in from the left: the
	// second half is the first one turned about the middle.
	out := turn * min(1.5, 0.8+math.Abs(dx)/(4*nearBy))
	down := math.Copysign(min(math.Abs(dy)/2, nodeHeight), dy)
	midX, midY := (x1+x2)/2, (y1+y2)/2
	return path("M", x1, y1,
		"C", x1+out*0.6, y1, x1+out, y1+down*0.1, x1+out, y1+down/2,
		"C", x1+out, y1+down, x1+out*0.6, midY, midX, midY,
		"C", x2-out*0.6, midY, x2-out, y2-down, x2-out, y2-down/2,
		"C", x2-out, y2-down*0.1, x2-out*0.6, y2, x2, y2)
}

// path joins the parts of a path: commands and coordinates.
func path(parts ...any) string {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b = append(b, part...)
		case float64:
			if last := len(b) - 1; last >= 0 && b[last] >= '0' && b[last] <= '9' {
				b = append(b, ' ')
			}
			b = appendCoordinate(b, part)
		}
	}
	return string(b)
}
