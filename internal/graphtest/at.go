package graphtest

import "fmt"

// At walks into nested inputs by keys and list positions. A missing position, or a key of something that has none, is an
// error; a missing key is nil, as in the inputs themselves.
func At(value any, path ...any) (any, error) {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, ok := value.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%v: nothing at %q", path, step)
			}
			value = fields[step]
		case int:
			items, ok := value.([]any)
			if !ok || step >= len(items) {
				return nil, fmt.Errorf("%v: nothing at %d", path, step)
			}
			value = items[step]
		default:
			return nil, fmt.Errorf("%v: a step is a key or a position, not %T", path, step)
		}
	}
	return value, nil
}
