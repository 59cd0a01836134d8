package tensor

import (
	"math"
	"testing"
)

func of(shape []int, v ...float32) *Tensor {
	t, err := From(v, shape...)
	if err != nil {
		panic(err)
	}
	return t
}

func equal(t *testing.T, got *Tensor, want ...float32) {
	t.Helper()
	if len(got.Data) != len(want) {
		t.Fatalf("got %v, want %v", got.Data, want)
	}
	for i := range want {
		if got.Data[i] != want[i] {
			t.Fatalf("got %v, want %v", got.Data, want)
		}
	}
}

func TestArithmetic(t *testing.T) {
	x, y := of([]int{3}, 1, 2, 3), of([]int{3}, 10, 20, 30)
	equal(t, Scale(2, x), 2, 4, 6)
	equal(t, Axpy(2, x, y), 12, 24, 36)
	equal(t, Combine(2, x, 3, y), 32, 64, 96)
	equal(t, x, 1, 2, 3)
	CombineInto(x, 2, x, 1, y)
	equal(t, x, 12, 24, 36)
}

func TestOperandsOfDifferentLengthDoNotPanic(t *testing.T) {
	equal(t, Combine(1, of([]int{3}, 1, 2, 3), 1, of([]int{1}, 5)), 6, 0, 0)
}

func TestBlendKeepsBitsWhereTheMaskIsExact(t *testing.T) {
	x := of([]int{1, 2, 1, 2}, 0.1, 0.2, 0.3, 0.4)
	y := of([]int{1, 2, 1, 2}, 1e30, 7, float32(math.Inf(1)), 9)
	got, err := Blend(x, y, of([]int{1, 1, 1, 2}, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, 0.1, 7, 0.3, 9)
	got, err = Blend(of([]int{2, 1, 1, 1}, 0, 10), of([]int{2, 1, 1, 1}, 4, 20), of([]int{1, 1, 1, 1}, 0.25))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, 1, 12.5)
	for _, bad := range [][]int{{1, 1, 2, 1}, {2, 1, 1, 2}, {1, 3, 1, 2}, {2}, {1, 1, 1, 3}} {
		if _, err := Blend(x, y, New(bad...)); err == nil {
			t.Errorf("a mask of shape %v was taken for %v", bad, x.Shape)
		}
	}
}

func TestConcatJoinsAndBatchTakesApart(t *testing.T) {
	a, b := of([]int{2, 1, 2}, 1, 2, 3, 4), of([]int{2, 2, 2}, 5, 6, 7, 8, 9, 10, 11, 12)
	got, err := Concat(1, a, b)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, 1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12)
	if got.Shape[1] != 3 {
		t.Fatalf("shape %v", got.Shape)
	}
	both, err := Concat(0, a, a)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, both.Batch(2, 4), 1, 2, 3, 4)
	if n := len(both.Batch(3, 99).Data); n != 2 {
		t.Errorf("a batch past the end has %d values, want 2", n)
	}
	if _, err := Concat(0, a, b); err == nil {
		t.Error("joined tensors whose shapes disagree")
	}
	if _, err := Concat(3, a); err == nil {
		t.Error("joined along a dimension that is not there")
	}
}

func TestStatistics(t *testing.T) {
	x := of([]int{4}, 1, 2, 3, 4)
	if got := x.Std(); math.Abs(got-1.2909944487) > 1e-9 {
		t.Errorf("std %v", got)
	}
	if got := x.RMS(); math.Abs(got-2.7386127875) > 1e-9 {
		t.Errorf("rms %v", got)
	}
}

func TestBadValueFindsNaNAndInfinity(t *testing.T) {
	if got := of([]int{2}, math.MaxFloat32, -math.MaxFloat32).BadValue(); got != -1 {
		t.Errorf("a finite value at %d was called bad", got)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := of([]int{3}, 0, 1, float32(bad)).BadValue(); got != 2 {
			t.Errorf("%v found at %d, want 2", bad, got)
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	x, y := New(1, 4, 128, 128), New(1, 4, 128, 128)
	for b.Loop() {
		CombineInto(x, 0.5, x, 0.5, y)
	}
}
