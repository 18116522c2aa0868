package function

import (
	"bufio"
	"encoding/json"
	"io"
	"time"
)

// longestLine is the longest line of the handler that is read, in bytes.
const longestLine = 1 << 20

// LogLine is a line that the handler wrote.
type LogLine struct {
	// At is the time on the clock, by the handler's own word.
	At time.Time
	// Level and Message are empty where the line is not one of the handler's log, for example of a crash.
	Level, Message string
	// Fields are its other fields; numbers are float64.
	Fields map[string]any
	// Text is the whole line.
	Text string
}

// parseLine reads a line. Of one that is not as the handler writes them only the text is kept.
func parseLine(text string) LogLine {
	line := LogLine{Text: text}
	var fields map[string]any
	if json.Unmarshal([]byte(text), &fields) != nil {
		return line
	}
	stamp, _ := fields["time"].(string)
	at, err := time.Parse(time.RFC3339Nano, stamp)
	level, _ := fields["level"].(string)
	message, _ := fields["msg"].(string)
	if err != nil || level == "" || message == "" {
		return line
	}
	delete(fields, "time")
	delete(fields, "level")
	delete(fields, "msg")
	line.At, line.Level, line.Message, line.Fields = at.UTC(), level, message, fields
	return line
}

// readLines hands over every line until the end. What follows a line that is too long is read and forgotten, so that the
// handler can go on writing.
func readLines(from io.Reader, take func(LogLine)) {
	scanner := bufio.NewScanner(from)
	scanner.Buffer(nil, longestLine)
	for scanner.Scan() {
		take(parseLine(scanner.Text()))
	}
	_, _ = io.Copy(io.Discard, from)
}
