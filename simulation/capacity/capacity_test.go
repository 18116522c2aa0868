package capacity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func carried(t *testing.T) Model {
	t.Helper()
	m, err := Load()
	require.NoError(t, err)
	return m
}

// stress is that of n conferences of some size on one bridge.
func (m Model) stress(n float64, participants, cameras int) float64 {
	return m.Stress(m.Demand(Conference{Participants: participants, Cameras: cameras}).Times(n))
}

func TestTheFileIsSound(t *testing.T) {
	t.Parallel()
	m := carried(t)
	assert.Equal(t, Span{120 * time.Second, 160 * time.Second, 240 * time.Second}, m.Boot)
	assert.Equal(t, Span{30 * time.Second, 45 * time.Second, 60 * time.Second}, m.EngineRun)
	assert.Greater(t, m.PlainBoot.Least, m.Boot.Most, "the image saves the installation")
	assert.Equal(t, 5*time.Second, m.Statistics)
	assert.Equal(t, 20*time.Second, m.RampUp)
	assert.InDelta(t, 0.01, m.ParticipantStress, 0)
	assert.Equal(t, 90*time.Second, m.Deletion)
}

// The comment in the bridge's own configuration counts a call of 100 with a last-n of 20: 300 + 19 x 100 for video, and two who talk.
func TestAParticipantIsSentWhatTheBridgesOwnCommentSays(t *testing.T) {
	t.Parallel()
	m := carried(t)
	m.load.lastN, m.load.talking = 20, 2
	d := m.Demand(Conference{Participants: 100, Cameras: 100})
	sent := d.Packets - (m.load.small*21 + m.load.stage*2 + 2*m.load.audio)
	assert.InEpsilon(t, 2300.0, sent/100, 0.01)
}

// An ordinary meeting, packet by packet: two cameras see each other, three people see both, everybody hears 1.2 others.
func TestAnOrdinaryMeeting(t *testing.T) {
	t.Parallel()
	m := carried(t)
	d := m.Demand(Conference{Participants: 5, Cameras: 2})
	assert.InDelta(t, (2*300+3*400)+(2*100+2*300)+60*4+60, d.Packets, 1e-9)
	assert.InDelta(t, (2*100+2*300)*1050+60*120, d.In, 1e-9)
	assert.InDelta(t, (2*300+3*400)*1050+60*4*120, d.Out, 1e-9)
	assert.InDelta(t, m.Stress(d), 5*m.Planned(), 1e-12)
}

// What others have published of bridges, against the model.
func TestPublishedFigures(t *testing.T) {
	t.Parallel()
	m := carried(t)
	full := 1 / m.Planned()
	assert.True(t, full >= 150 && full <= 250, "meet.jit.si counts 200 to 250 participants a bridge, the model %v", full)

	// Source: schul-cloud/jitsi-deployment, docs/loadtests: 8 conferences of 5 with cameras took 2.5 of 8 processors.
	measured := 2.5 / 8 / m.load.threshold
	assert.InEpsilon(t, measured, m.stress(8, 5, 5), 0.3)

	// Source: openfun/jitsi-k8s: 36 conferences of 5 took 2.14 of 4 processors, with the thin video of a load test.
	assert.InDelta(t, 0.75, m.stress(36, 5, 1), 0.25, "half to all of a bridge")
	assert.InDelta(t, 1, m.stress(36, 5, 2), 0.25, "one bridge")

	assert.Greater(t, m.stress(1, 500, 3), 2.0, "a webinar of 500 is far more than one bridge")
	nic := 63e9 // 70 % of 12 gigabits a second, in bytes a minute
	everybody := m.Demand(Conference{Participants: 30, Cameras: 30})
	for _, d := range []Demand{everybody.Times(1 / m.Stress(everybody)), m.Demand(Conference{Participants: 500, Cameras: 3})} {
		sample := m.Sample(d)
		assert.Greater(t, sample.CPU, 89.9)
		assert.Less(t, max(sample.In, sample.Out), nic/5, "the network is not what fills a bridge")
	}
}

func TestNobodyIsServedAlone(t *testing.T) {
	t.Parallel()
	m := carried(t)
	for _, participants := range []int{-3, 0, 1} {
		assert.Zero(t, m.Demand(Conference{Participants: participants, Cameras: 1}))
	}
	assert.Positive(t, m.Demand(Conference{Participants: 2}).Packets, "two who only talk")
	assert.Equal(t, m.Demand(Conference{3, 3}), m.Demand(Conference{3, 9}), "no more cameras than people")
	assert.Equal(t, m.Demand(Conference{3, 0}), m.Demand(Conference{3, -1}))
}

func TestMorePeopleAndMoreCamerasCostMore(t *testing.T) {
	t.Parallel()
	m := carried(t)
	for people := 2; people <= 120; people++ {
		for cameras := range people + 1 {
			d := m.Demand(Conference{people, cameras})
			more := m.Demand(Conference{people + 1, cameras})
			require.Greater(t, more.Packets, d.Packets, "%d people, %d cameras", people, cameras)
			require.GreaterOrEqual(t, more.Out, d.Out)
			require.GreaterOrEqual(t, more.In, d.In)
			if cameras == people {
				continue
			}
			camera := m.Demand(Conference{people, cameras + 1})
			require.GreaterOrEqual(t, camera.Packets, d.Packets, "%d people, %d cameras", people, cameras)
			if cameras <= int(m.load.lastN) {
				require.Greater(t, camera.In, d.In)
				require.Greater(t, camera.Out, d.Out)
			}
		}
	}
}

func TestDemandsAddUp(t *testing.T) {
	t.Parallel()
	m := carried(t)
	a, b := m.Demand(Conference{7, 3}), m.Demand(Conference{4, 4})
	sum := a.Plus(b)
	assert.InDelta(t, m.Stress(a)+m.Stress(b), m.Stress(sum), 1e-12)
	assert.Equal(t, sum, b.Plus(a))
	assert.InDelta(t, a.Plus(a).Out, a.Times(2).Out, 1e-6)
	idle := m.Sample(Demand{})
	assert.InDelta(t, m.Sample(a).In+m.Sample(b).In, m.Sample(sum).In+idle.In, 1e-3)
}

func TestWhatIsMeasuredAndReported(t *testing.T) {
	t.Parallel()
	m := carried(t)
	full := m.Demand(Conference{5, 2})
	full = full.Times(1 / m.Stress(full))
	assert.InDelta(t, 2.0, m.Sample(Demand{}).CPU, 1e-9)
	assert.InDelta(t, 90.0, m.Sample(full).CPU, 1e-9)
	assert.InDelta(t, 60*full.Out+100_000, m.Sample(full).Out, 1)
	assert.InDelta(t, 25.0, m.Booting().CPU, 1e-9)
	assert.InDelta(t, 1.0, m.Reported(1), 1e-12)
	assert.InDelta(t, 2/90.0, m.Reported(0), 1e-12)
	over := full.Times(3)
	assert.InDelta(t, 3.0, m.Stress(over), 1e-9, "what is asked has no bound")
	assert.InDelta(t, 1/0.9, m.Reported(3), 1e-12, "what a bridge can say has")
	assert.InDelta(t, 100.0, m.Sample(over).CPU, 1e-9)
	assert.InDelta(t, m.Sample(full.Times(98.0/88)).Out, m.Sample(over).Out, 1, "it sends no more than with all its processors")
}
