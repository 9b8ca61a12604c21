package main

import "testing"

func TestQuantilesAreRightWithinABucket(t *testing.T) {
	var h histogram
	for value := int64(1); value <= 100_000; value++ {
		h.add(value * 1000)
	}
	got := h.quantiles()
	for name, pair := range map[string][2]float64{
		"p50": {got.P50, 50_000}, "p90": {got.P90, 90_000}, "p99": {got.P99, 99_000}, "p999": {got.P999, 99_900}, "max": {got.Max, 100_000},
	} {
		if pair[0] < pair[1] || pair[0] > pair[1]*1.017 {
			t.Errorf("%s is %v in place of %v", name, pair[0], pair[1])
		}
	}
}
