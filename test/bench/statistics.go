package main

import (
	"math"
	"slices"
	"time"
)

// median of a list that is not empty.
func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// medians takes the median of wall and processor time each on its own.
func medians(samples []sample) sample {
	wall, processor := make([]time.Duration, 0, len(samples)), make([]time.Duration, 0, len(samples))
	for _, s := range samples {
		wall, processor = append(wall, s.wall), append(processor, s.processor)
	}
	return sample{wall: median(wall), processor: median(processor)}
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

// exponent fits y = c * x^k by least squares over the logarithms and returns k: 1 is linear growth, 2 is quadratic.
func exponent(x, y []float64) float64 { return slope(logarithms(x), logarithms(y)) }

func logarithms(values []float64) []float64 {
	logs := make([]float64, len(values))
	for i, value := range values {
		logs[i] = math.Log(value)
	}
	return logs
}

// middle is the index that divides a list of measured sizes into the early and the late ones.
func middle(x []float64) int { return len(x) / 2 }

// marginal is what one more unit of x costs in the early and in the late half of the measured sizes: the slopes of a line
// fitted to each. Unlike the exponent they leave out what every run costs whatever its size.
func marginal(x, y []float64) (early, late float64) {
	at := middle(x)
	return slope(x[:at+1], y[:at+1]), slope(x[at:], y[at:])
}

// slope fits y = a + b * x by least squares and returns b.
func slope(x, y []float64) float64 {
	var meanX, meanY float64
	for i := range x {
		meanX += x[i] / float64(len(x))
		meanY += y[i] / float64(len(y))
	}
	var covariance, variance float64
	for i := range x {
		covariance += (x[i] - meanX) * (y[i] - meanY)
		variance += (x[i] - meanX) * (x[i] - meanX)
	}
	return covariance / variance
}
