package main

import "math/bits"

// Buckets grow by a 64th: a quantile is right to 1.6 %.
const (
	subBits    = 6
	subBuckets = 1 << subBits
)

// histogram counts latencies in nanoseconds.
type histogram struct {
	counts [(64 - subBits + 1) * subBuckets]int64
	total  int64
	max    int64
}

// Quantiles are in microseconds.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func (h *histogram) add(value int64) {
	value = max(value, 0)
	h.counts[bucketOf(value)]++
	h.total++
	h.max = max(h.max, value)
}

func (h *histogram) quantiles() Quantiles {
	return Quantiles{h.at(0.5), h.at(0.9), h.at(0.99), h.at(0.999), float64(h.max) / 1000}
}

// at tells the upper end of the bucket that holds the quantile, in microseconds.
func (h *histogram) at(quantile float64) float64 {
	left := int64(quantile * float64(h.total))
	for bucket, count := range h.counts {
		if left -= count; left < 0 {
			return float64(min(upperOf(bucket), h.max)) / 1000
		}
	}
	return float64(h.max) / 1000
}

// bucketOf numbers buckets: one per value below subBuckets, then subBuckets per power of two.
func bucketOf(value int64) int {
	power := bits.Len64(uint64(value)) - subBits - 1
	if power < 0 {
		return int(value)
	}
	return (power+1)*subBuckets + int(value>>power) - subBuckets
}

func upperOf(bucket int) int64 {
	power := bucket/subBuckets - 1
	if power < 0 {
		return int64(bucket)
	}
	return (int64(bucket%subBuckets+subBuckets)+1)<<power - 1
}
