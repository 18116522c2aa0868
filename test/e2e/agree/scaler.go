package agree

import (
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/shard"
)

// scaler is the autoscale engine as it is played: on a setting that has just been deployed, on which nothing has ever fired, so that
// there is no cooldown in its first night.
type scaler struct {
	setting engine.Setting
	every   capacity.Span
	state   engine.State
}

// Every implements [shard.Scaler].
func (s *scaler) Every() capacity.Span { return s.every }

// Run implements [shard.Scaler].
func (s *scaler) Run(now time.Time, seen shard.Seen) shard.Order {
	d, next := s.setting.Evaluate(now, seen.Capacity, s.state, seen.Metrics)
	s.state = next
	return shard.Order{Capacity: d.Capacity, Reason: d.Reason}
}
