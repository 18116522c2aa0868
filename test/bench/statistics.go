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
func exponent(x, y []float64) float64 {
	var meanX, meanY float64
	for i := range x {
		meanX += math.Log(x[i]) / float64(len(x))
		meanY += math.Log(y[i]) / float64(len(y))
	}
	var covariance, variance float64
	for i := range x {
		dx := math.Log(x[i]) - meanX
		covariance += dx * (math.Log(y[i]) - meanY)
		variance += dx * dx
	}
	return covariance / variance
}
