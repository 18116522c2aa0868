package stateless

// Values are plain inputs or outputs. What is missing or of another type reads as nothing.
type Values map[string]any

// Has tells whether there is a value.
func (v Values) Has(name string) bool { return v[name] != nil }

// Text reads a string.
func (v Values) Text(name string) string {
	text, _ := v[name].(string)
	return text
}

// Flag reads a boolean.
func (v Values) Flag(name string) bool {
	flag, _ := v[name].(bool)
	return flag
}

// Number reads an integer.
func (v Values) Number(name string) int {
	switch n := v[name].(type) {
	case float64:
		return int(n)
	case int:
		return n
	default:
		return 0
	}
}

// Texts reads a list of strings.
func (v Values) Texts(name string) []string {
	items, _ := v[name].([]any)
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Object reads an object.
func (v Values) Object(name string) Values {
	object, _ := v[name].(map[string]any)
	return object
}
