// Package strictjson reads JSON that something irreversible may follow from. The standard decoder is lenient in ways that
// matter there: of a key given twice it takes the last, it takes keys in any case, and it takes null for any type. This
// package reads one level at a time, by exact keys, and refuses all that. It is pure: standard library, no input or output.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ErrType is the error for a value that is of another type than asked for.
var ErrType = errors.New("wrong type")

// Object reads data that is one JSON object and nothing else, and returns the values of its keys, unread. It is an error if
// a key appears twice. A value that is not an object is [ErrType].
func Object(data []byte) (map[string]json.RawMessage, error) {
	decoder, err := open(data, '{')
	if err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, isString := token.(string)
		if !isString {
			return nil, fmt.Errorf("key %v: %w", token, ErrType)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("key %.64q appears twice", key)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, end(decoder)
}

// Array reads data that is one JSON array and nothing else, and returns its elements, unread. A value that is not an array
// is [ErrType].
func Array(data []byte) ([]json.RawMessage, error) {
	decoder, err := open(data, '[')
	if err != nil {
		return nil, err
	}
	var values []json.RawMessage
	for decoder.More() {
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, end(decoder)
}

// String reads a JSON string; anything else is [ErrType].
func String(value json.RawMessage) (string, error) {
	var read *string
	if err := json.Unmarshal(value, &read); err != nil || read == nil {
		return "", ErrType
	}
	return *read, nil
}

// Bool reads true or false; anything else is [ErrType].
func Bool(value json.RawMessage) (bool, error) {
	var read *bool
	if err := json.Unmarshal(value, &read); err != nil || read == nil {
		return false, ErrType
	}
	return *read, nil
}

// Number reads a JSON number that a float64 can hold; anything else is [ErrType]. Whole numbers up to 2^53 are exact.
func Number(value json.RawMessage) (float64, error) {
	var read json.Number
	// The decoder would also take a number out of a string.
	if len(value) == 0 || value[0] == '"' || IsNull(value) {
		return 0, ErrType
	}
	if err := json.Unmarshal(value, &read); err != nil {
		return 0, ErrType
	}
	number, err := strconv.ParseFloat(read.String(), 64)
	if err != nil {
		return 0, fmt.Errorf("number out of range: %w", ErrType)
	}
	return number, nil
}

// IsNull says that a value is null.
func IsNull(value json.RawMessage) bool { return string(value) == "null" }

// open begins to read an object or an array.
func open(data []byte, bracket json.Delim) (*json.Decoder, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // So that a number too large is left to whoever asks for it.
	token, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case token != bracket:
		return nil, fmt.Errorf("want %v first: %w", bracket, ErrType)
	default:
		return decoder, nil
	}
}

// end reads the closing bracket and refuses anything behind it.
func end(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return unexpected(err)
	}
	switch _, err := decoder.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	default:
		return errors.New("more data behind the end")
	}
}

// unexpected says of an end of the data that it came too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
