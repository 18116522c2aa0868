package demand

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const head = "time,event,room,user,camera\n"

func read(t *testing.T, lines ...string) (Day, error) {
	t.Helper()
	return Trace("test", strings.NewReader(head+strings.Join(lines, "\n")+"\n"), berlin(t))
}

func TestATrace(t *testing.T) {
	t.Parallel()
	d, err := read(t,
		"2026-03-10 09:00:00,join,stand-up,ann,true",
		"2026-03-10 09:00:00,join,other,ann,",
		"2026-03-10T08:01:00.5Z,join,stand-up,bob,false",
		"2026-03-10 09:15:00,leave,stand-up,ann,",
		"2026-03-10 09:20:00,join,stand-up,ann,false",
		"2026-03-11 00:10:00,leave,other,ann,",
	)
	require.NoError(t, err)
	assert.Equal(t, Day{
		Name: "test", Midnight: time.Date(2026, 3, 10, 0, 0, 0, 0, berlin(t)), Length: 24 * time.Hour,
		Rooms: []string{"stand-up", "other"},
		Visits: []Visit{
			{Room: 0, Join: 9 * time.Hour, Leave: 9*time.Hour + 15*time.Minute, Camera: true},
			{Room: 1, Join: 9 * time.Hour, Leave: 24*time.Hour + 10*time.Minute},
			{Room: 0, Join: 9*time.Hour + time.Minute + 500*time.Millisecond, Leave: 24 * time.Hour},
			{Room: 0, Join: 9*time.Hour + 20*time.Minute, Leave: 24 * time.Hour},
		},
	}, d)
}

func TestATraceOfSeveralDays(t *testing.T) {
	t.Parallel()
	d, err := read(t, "2026-03-28 09:00:00,join,r,a,", "2026-03-30 00:00:00,join,r,b,")
	require.NoError(t, err)
	assert.Equal(t, 71*time.Hour, d.Length, "the second of the three days has 23 hours")
	assert.Equal(t, Visit{Join: 47 * time.Hour, Leave: 71 * time.Hour}, d.Visits[1])
}

// When clocks are put back the hour from two to three comes twice: the lines tell which one is meant.
func TestALocalHourThatComesTwice(t *testing.T) {
	t.Parallel()
	d, err := read(t,
		"2026-10-25 02:10:00,join,r,a,",
		"2026-10-25 02:50:00,join,r,b,",
		"2026-10-25 02:20:00,join,r,c,",
		"2026-10-25 02:55:00,leave,r,b,",
		"2026-10-25 03:00:00,leave,r,a,",
	)
	require.NoError(t, err)
	assert.Equal(t, []Visit{
		{Join: 130 * time.Minute, Leave: 4 * time.Hour},
		{Join: 170 * time.Minute, Leave: 235 * time.Minute},
		{Join: 200 * time.Minute, Leave: 25 * time.Hour},
	}, d.Visits)
	_, err = read(t, "2026-03-29 02:30:00,join,r,a,")
	require.ErrorContains(t, err, "leave this time out")
}

func TestWhatIsWrongWithATrace(t *testing.T) {
	t.Parallel()
	_, err := read(t,
		"2026-03-10 09:00:00,join,r,ann,true",
		"yesterday,join,r,bob,true",
		"2026-03-10 09:00:01,enter,r,bob,perhaps",
		"2026-03-10 09:00:02,join,,"+strings.Repeat("x", 257)+",",
		"2026-03-10 09:00:03,join,r,ann,",
		"2026-03-10 09:00:04,leave,r,bob,",
		"2026-03-10 08:59:59,join,r,bob,",
		"2026-03-10 09:00:05,join,r",
		"2026-03-10 09:00:06,join,r,eve,",
		"2026-03-10 09:00:06,leave,r,eve,",
		"\"2026-03-10 09:00:07\",join,r\x01,eve,",
		"1999-03-10 09:00:07,join,r,eve,",
		"2026-05-10 09:00:07,join,r,eve,",
	)
	for _, want := range []string{
		`the trace test: line 3: time is "yesterday"`,
		`line 4: event is "enter", not join or leave`,
		`line 4: camera is "perhaps", not true, false or empty`,
		"line 5: room is a name of 0 bytes",
		"line 5: user is a name of 257 bytes: allowed are 1 to 256",
		`line 7: user "bob" leaves room "r", where he is not`,
		"line 8: time is 2026-03-10T08:59:59+01:00, before that of the line above, 2026-03-10T09:00:04+01:00",
		"line 9: has 3 fields, not the 5",
		`line 12: room is "r\x01"`,
		"line 13: time is \"1999-03-10 09:00:07\": allowed are the years 2000 to 2199",
		"line 14: time is 2026-05-10T09:00:07+02:00: a trace has at most 31 days",
	} {
		require.ErrorContains(t, err, want)
	}
}

// Logs of real servers: somebody's browser connects anew before its old connection is missed, and somebody is gone within a second.
func TestWhatRealLogsHave(t *testing.T) {
	t.Parallel()
	day, err := read(t,
		"2026-03-10 09:00:00,join,r,ann,true",
		"2026-03-10 09:00:05,join,r,bob,",
		"2026-03-10 09:00:05,leave,r,bob,",
		"2026-03-10 09:10:00,join,r,ann,",
		"2026-03-10 09:10:30,leave,r,ann,",
		"2026-03-10 09:30:00,leave,r,ann,",
		"2026-03-10 09:40:00,join,r,bob,",
		"2026-03-10 09:41:00,leave,r,bob,",
	)
	require.NoError(t, err)
	const nine = 9 * time.Hour
	assert.Equal(t, []Visit{
		{Join: nine, Leave: nine + 30*time.Minute, Camera: true}, {Join: nine + 40*time.Minute, Leave: nine + 41*time.Minute},
	}, day.Visits)
	_, err = read(t, "2026-03-10 09:00:00,join,r,ann,", "2026-03-10 09:01:00,leave,r,ann,", "2026-03-10 09:02:00,leave,r,ann,")
	require.ErrorContains(t, err, `line 4: user "ann" leaves room "r", where he is not`)
}

// Days are local ones: October has an hour more than 31 times 24, March one less.
func TestAMonthOfClocksThatChange(t *testing.T) {
	t.Parallel()
	october, err := read(t, "2026-10-01 09:00:00,join,r,ann,", "2026-10-31 23:30:00,join,r,bob,")
	require.NoError(t, err)
	assert.Equal(t, 745*time.Hour, october.Length)
	march, err := read(t, "2026-03-01 09:00:00,join,r,ann,", "2026-03-31 23:30:00,join,r,bob,")
	require.NoError(t, err)
	assert.Equal(t, 743*time.Hour, march.Length)
	_, err = read(t, "2026-03-01 09:00:00,join,r,ann,", "2026-04-01 00:30:00,join,r,bob,")
	require.ErrorContains(t, err, "line 3: time is 2026-04-01T00:30:00+02:00: a trace has at most 31 days")
}

func TestTracesThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "nobody joins",
		head:                         "nobody joins",
		"when,who\n":                 `line 1: is "when,who": the first line is time,event,room,user,camera`,
		head + "\"":                  "parse error on line 2",
		strings.ToUpper(head) + "\n": "the first line is",
	} {
		_, err := Trace("x", strings.NewReader(text), berlin(t))
		require.ErrorContains(t, err, want, "%q", text)
	}
	_, err := Trace("x", strings.NewReader(head), nil)
	require.ErrorContains(t, err, "zone is missing")
	_, err = Trace("x", io.MultiReader(strings.NewReader(head), broken{}), berlin(t))
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("the disk is gone")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestManyProblemsAreCounted(t *testing.T) {
	t.Parallel()
	lines := make([]string, 50)
	for i := range lines {
		lines[i] = "2026-03-10 09:00:00,leave,r,ann,"
	}
	_, err := read(t, lines...)
	require.ErrorContains(t, err, "line 21: ")
	require.NotContains(t, err.Error(), "line 22: ")
	require.ErrorContains(t, err, "and 30 more")
}

// endless is a line without end.
type endless struct{}

func (endless) Read(to []byte) (int, error) {
	for i := range to {
		to[i] = 'x'
	}
	return len(to), nil
}

func TestATraceHasAnEnd(t *testing.T) {
	t.Parallel()
	_, err := Trace("x", io.MultiReader(strings.NewReader(head), endless{}), berlin(t))
	require.ErrorContains(t, err, "is longer than 67108864 bytes")
}

func TestADayIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for seed := range uint64(4) {
			day := drawn(t, kind, seed, 1)
			var text bytes.Buffer
			require.NoError(t, day.Write(&text))
			again, err := Trace(day.Name, bytes.NewReader(text.Bytes()), berlin(t))
			require.NoError(t, err)
			require.Equal(t, day.Midnight, again.Midnight)
			require.Equal(t, day.Length, again.Length, "%s %d", kind, seed)
			people, at := day.Peak()
			peopleAgain, atAgain := again.Peak()
			require.Equal(t, people, peopleAgain)
			require.Equal(t, at, atAgain)

			var twice bytes.Buffer
			require.NoError(t, again.Write(&twice))
			third, err := Trace(day.Name, &twice, berlin(t))
			require.NoError(t, err)
			require.Equal(t, again, third, "a trace, written and read, is the same")
		}
	}
}

func TestADayThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	day := drawn(t, Office, 1, 1)
	require.ErrorIs(t, day.Write(full{}), errBroken)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errBroken }

func FuzzTrace(f *testing.F) {
	f.Add(head + "2026-03-10 09:00:00,join,r,ann,true\n2026-03-10T09:00:00Z,leave,r,ann,\n")
	f.Add(head + "2026-10-25 02:50:00,join,r,a,\n2026-10-25 02:10:00,join,\"r,\"\"2\",b,\n")
	f.Add(head + "2026-03-29 02:30:00,join,r,a,\r\n")
	f.Add("time,event\n\"")
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, text string) {
		day, err := Trace("x", strings.NewReader(text), zone)
		if err != nil {
			require.Less(t, strings.Count(err.Error(), "\nline "), shown)
			return
		}
		require.NotEmpty(t, day.Visits)
		for _, v := range day.Visits {
			require.GreaterOrEqual(t, v.Join, time.Duration(0))
			require.Less(t, v.Join, day.Length)
			require.Greater(t, v.Leave, v.Join)
		}
		var written bytes.Buffer
		require.NoError(t, day.Write(&written))
		again, err := Trace("x", &written, zone)
		require.NoError(t, err)
		require.Equal(t, day, again)
	})
}
