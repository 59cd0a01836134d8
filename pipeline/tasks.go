package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/region"
)

// TaskRow is what the program knows of a task. Whoever asks what kind of task a request is
// reads a field here instead of comparing names. To add a task: a file with its Run, and a
// row. A task may run others: see run.within.
type TaskRow struct {
	Name  Task
	Label string // for people: what comes of it
	Needs Needs
	// Keeps says that Request.Strength decides how much of the old picture stays. Other
	// tasks find nothing to keep: their strength is 1.
	Keeps    bool
	Strength float64 // where the request leaves it open; 0 is 1
	Resizes  bool    // its result is of another size than Request.Image
	Grows    bool    // continues the picture beyond its edge: the mask bites into the old picture

	// When says for which frames the task is the one meant (Decide), in the sentence Why;
	// nil: it runs only where it is asked for.
	When func(content region.Content, masked bool) bool
	Why  string

	// Plan says what is read and changed and at which sizes: one of the functions in
	// plan.go and outpaint.go, or the task's own.
	Plan func(out *Plan, q Request, s Scene, limits region.Limits) error
	// Run makes the pictures. Its result has Images (or Image) and Mask; the rest is filled
	// in from the run.
	Run func(r *run, ctx context.Context) (*Result, error)
}

// Needs is what a request must bring for a task.
type Needs struct {
	Model   bool // Request.Model, opened before the task runs; it may open others itself
	Picture bool // Request.Image, to begin on
	Mask    bool // Request.Mask: what is painted, and outside of which nothing changes
}

// Tasks is the table of tasks that a network carries out. Rows are tried in order where the
// frame rule decides. It is filled in at the start, because what a row runs looks up rows.
var Tasks []TaskRow

func init() {
	Tasks = []TaskRow{
		{Name: Generate, Label: "New picture", Needs: Needs{Model: true},
			When: func(c region.Content, _ bool) bool { return c == region.Blank },
			Why:  "The frame is blank: a new picture is made from the prompt.",
			Plan: planFrame, Run: (*run).generate},
		{Name: Refine, Label: "Refined picture", Needs: Needs{Model: true, Picture: true}, Keeps: true, Strength: 0.75,
			When: func(c region.Content, masked bool) bool { return c == region.Full && !masked },
			Why:  "The frame is full and nothing is masked: the picture in it is refined as far as the strength says.",
			Plan: planFrame, Run: (*run).refine},
		{Name: Inpaint, Label: "Fill", Needs: Needs{Model: true, Picture: true, Mask: true}, Keeps: true,
			When: func(c region.Content, masked bool) bool { return masked },
			Why:  "Something is masked: the masked and the blank pixels of the frame are painted.",
			Plan: planInpaint, Run: (*run).inpaint},
		{Name: Outpaint, Label: "Outpaint", Needs: Needs{Model: true, Picture: true, Mask: true}, Grows: true,
			When: func(c region.Content, masked bool) bool { return c == region.Mixed && !masked },
			Why:  "Part of the frame is blank and nothing is masked: the picture is continued there.",
			Plan: planOutpaint, Run: (*run).inpaint},
		{Name: Upscale, Label: "Enlarged picture", Needs: Needs{Picture: true}, Resizes: true,
			Plan: planFrame, Run: (*run).upscale},
		{Name: Restore, Label: "Restored faces", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).restore},
		{Name: Swap, Label: "Face swap", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).swap},
		{Name: Cut, Label: "Cut out", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).cut},
		{Name: Segment, Label: "Thing pointed at", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).segment},
		{Name: Pixelate, Label: "Pixel art", Needs: Needs{Picture: true}, Resizes: true, Plan: planFrame, Run: (*run).pixelate},
		{Name: Background, Label: "New background", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).background},
		{Name: Harmonise, Label: "Harmonised picture", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).harmonise},
		{Name: SDUpscale, Label: "Enlarged and refined picture", Needs: Needs{Model: true, Picture: true}, Keeps: true, Strength: 0.35, Resizes: true,
			Plan: planFrame, Run: (*run).sdUpscale},
		{Name: Describing, Label: "Words for a picture", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).captionTask},
		{Name: Detail, Label: "Redone details", Needs: Needs{Picture: true}, Keeps: true, Strength: usualDetail, Plan: planFrame, Run: (*run).detail},
		{Name: Finding, Label: "Things found", Needs: Needs{Picture: true}, Plan: planFrame, Run: (*run).finding},
	}
}

// FindTask is the row of a task.
func FindTask(t Task) (TaskRow, error) {
	i := slices.IndexFunc(Tasks, func(row TaskRow) bool { return row.Name == t })
	if i < 0 {
		return TaskRow{}, fmt.Errorf("pipeline: task %q is not known, want %s", t, oneOf(Tasks, func(row TaskRow) string { return string(row.Name) }))
	}
	return Tasks[i], nil
}

// Titles are what people call a record's task and engine. Names that are not known, of a
// newer version, stay as they are.
func Titles(f metadata.Fill) (task, engine string) {
	return cmp.Or(Task(f.Task).Row().Label, f.Task, "Fill"), cmp.Or(Engine(f.Engine).Row().Name, f.Engine)
}

// Row is the task's row; empty where there is none such.
func (t Task) Row() TaskRow {
	row, _ := FindTask(t)
	return row
}
