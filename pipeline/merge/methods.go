package merge

// Method is a way to merge checkpoints: what becomes of each weight a of model A with those
// at the same place of B and C.
type Method struct {
	Name, Short string
	Files       int  // 1: A alone, 2: A and B, 3: C too
	Beta        bool // takes a second share, for C
	// weights computes into a.
	weights func(a, b, c []float32, alpha, beta float64)
}

// Methods are those of A1111's merger (weighted, add) and of the SuperMerger extension's (the
// others), with the same numbers: products and sums are rounded to float32 one by one.
var Methods = []Method{
	{"none", "A as it is: to bake something in, or for another type", 1, false, nil},
	{"weighted", "A·(1−α) + B·α", 2, false, weighted},
	{"add", "A + (B−C)·α: what B learnt beyond C", 3, false, add},
	{"weight", "A·(1−α) + B·α, with shares for each block", 2, false, weighted},
	{"triple", "A·(1−α−β) + B·α + C·β", 3, true, triple},
	{"twice", "A·(1−α) + B·α, then that·(1−β) + C·β", 3, true, twice},
	{"train", "A + what B learnt beyond C, less of it where A is already like B", 3, false, train},
	{"cosineA", "B's details in A, where the two are alike in direction (sharpened to A)", 2, false, nil},
	{"cosineB", "the same, with lengths taken into account (sharpened to B)", 2, false, nil},
}

func weighted(a, b, _ []float32, alpha, _ float64) {
	of, to := float32(1-alpha), float32(alpha)
	for i := range a {
		a[i] = float32(of*a[i]) + float32(to*b[i])
	}
}

func add(a, b, c []float32, alpha, _ float64) {
	by := float32(alpha)
	for i := range a {
		a[i] += float32(by * (b[i] - c[i]))
	}
}

func triple(a, b, c []float32, alpha, beta float64) {
	of, two, three := float32(1-alpha-beta), float32(alpha), float32(beta)
	for i := range a {
		a[i] = float32(float32(of*a[i])+float32(two*b[i])) + float32(three*c[i])
	}
}

func twice(a, b, c []float32, alpha, beta float64) {
	weighted(a, b, nil, alpha, 0)
	weighted(a, c, nil, beta, 0)
}

// trainGain is what SuperMerger multiplies its share by, for a change about as large as
// add's at the same share.
const trainGain = 1.8

// train is SuperMerger's "train difference": the change B−C, scaled by how far B is from A
// among both distances. Where B and C are the same everywhere nothing changes, which the sum
// of zeros gives by itself.
func train(a, b, c []float32, alpha, _ float64) {
	by := float32(alpha * trainGain)
	for i := range a {
		change, apart := b[i]-c[i], abs(b[i]-a[i])
		sum := abs(change) + apart
		if sum == 0 {
			continue
		}
		scale := apart / sum
		a[i] += float32(float32(scale*change) * by)
	}
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}
