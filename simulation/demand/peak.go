package demand

import (
	"math"
	"slices"
	"time"
)

// weight is how many meetings begin in the half hour that begins at a time of the local clock, against other half hours.
func (p pattern) weight(hour, minute int) int {
	if minute < 30 {
		return p.hours[hour] * p.halves
	}
	return p.hours[hour] * (100 - p.halves)
}

// rate is how many meetings begin in a half hour of weight 1, on average, so that the day's peak can be expected to be that of so
// many people.
func (p pattern) rate(people float64) float64 {
	mean, _ := moments(p.sizes)
	return p.expected(people) / (mean * p.busiest())
}

// expected is how many people there are on average at the busiest time, were nobody late or gone early, if the highest number of a
// day is to be peak. That number is above the average by the pattern's spread times the standard deviation, and the variance is the
// average times the mean square of the meetings' sizes over their mean, as of any compound Poisson process.
func (p pattern) expected(peak float64) float64 {
	mean, square := moments(p.sizes)
	half := p.spread * math.Sqrt(square/mean) / 2
	root := math.Sqrt(half*half+peak) - half
	return float64(root*root) / p.present
}

// busiest is how many meetings go on at the busiest minute of a day, on average, for each that begins in a half hour of weight 1.
func (p pattern) busiest() float64 {
	const slot, day = 30, 24 * 60
	change := make([]float64, day+1)
	all := 0
	for _, l := range p.lengths {
		all += l.weight
	}
	goes := func(begin, length int, meetings float64) {
		change[min(begin, day)] += meetings
		change[min(begin+length, day)] -= meetings
	}
	for begin := 0; begin < day; begin += slot {
		weight := float64(p.weight(begin/60, begin%60))
		for _, l := range p.lengths {
			share := float64(weight * float64(l.weight) / float64(all))
			goes(begin, l.value, float64(share*float64(p.sharp)/100))
			for minute := range slot {
				goes(begin+minute, l.value, float64(share*float64(100-p.sharp)/100/slot))
			}
		}
	}
	most, now := 0.0, 0.0
	for _, c := range change {
		now += c
		most = max(most, now)
	}
	return most
}

// Peak is the highest number of people at once within the day, and when it is first reached.
func (d Day) Peak() (people int, at time.Duration) {
	leaves := make([]time.Duration, 0, len(d.Visits))
	for _, v := range d.Visits {
		if v.Leave > 0 && v.Join < d.Length {
			leaves = append(leaves, v.Leave)
		}
	}
	slices.Sort(leaves)
	joined, left := 0, 0
	for _, v := range d.Visits {
		if v.Leave <= 0 || v.Join >= d.Length {
			continue
		}
		now := max(v.Join, 0)
		joined++
		for left < len(leaves) && leaves[left] <= now {
			left++
		}
		if joined-left > people {
			people, at = joined-left, now
		}
	}
	return people, at
}
