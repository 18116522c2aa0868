package remember

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Keys of rows must not contain / \ # ? or control characters, and are compared byte by byte.
// Source: Azure docs, Understanding the Table service data model.
const (
	// tickKey is the row of the last look. The others are followed by a slot or a vmId.
	tickKey    = "tick"
	removalKey = "removal:"
	machineKey = "machine:"
	// day and clock are parts of keys that sort by time.
	day     = "2006-01-02"
	clock   = "150405"
	instant = "2006-01-02T15:04:05.000000000Z"
	// longestPart is how much of a text goes into a key. A key may have 1024 bytes.
	longestPart = 64
)

var (
	// shardName is how the configuration names shards.
	shardName = regexp.MustCompile(`^[a-z][a-z0-9]{0,7}$`)
	// machineID is a vmId in lower case. Its exact form is Azure's business; what matters is that it makes a key.
	machineID = regexp.MustCompile(`^[0-9a-z][0-9a-z-]{0,63}$`)
	// instanceID is the id of a machine within its scale set.
	instanceID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$`)
)

func checkShard(name string) error {
	if !shardName.MatchString(name) {
		return fmt.Errorf("%s is no name of a shard", quote(name))
	}
	return nil
}

func checkMachine(id string) error {
	if !machineID.MatchString(id) {
		return fmt.Errorf("%s is no vmId in lower case", quote(id))
	}
	return nil
}

// quote makes a text that comes from elsewhere fit for an error.
func quote(text string) string { return strconv.Quote(text[:min(len(text), longestPart)]) }

// datePartition is the partition of a shard's day.
func datePartition(shard string, at time.Time) string { return shard + "_" + at.UTC().Format(day) }

// parseDatePartition takes a partition of a shard's day apart.
func parseDatePartition(partition string) (shard string, date time.Time, ok bool) {
	shard, text, found := strings.Cut(partition, "_")
	date, err := time.Parse(day, text)
	return shard, date, found && err == nil && checkShard(shard) == nil
}

// keyPart makes any text fit to be a part of a key: lower-case letters, digits and hyphens, and never nothing.
func keyPart(text string) string {
	fit := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	if fit == "" {
		return "-"
	}
	return fit[:min(len(fit), longestPart)]
}
