package editor

var liveActions = []Action{
	{ID: "live.toggle", Name: "Live mode", Menu: "Fill", Icon: "live", Gap: true, Keys: []string{"Ctrl+Shift+L"}, Run: func(e *Editor) { e.Fills.Live.Set(!e.Fills.Live.On()) },
		Enabled: func(e *Editor) bool { return e.Fills.Live.On() || e.Models.Generates() }, Checked: func(e *Editor) bool { return e.Fills.Live.On() },
		Help: "Fill the frame again whenever the picture, the prompt or the settings change"},
	{ID: "live.apply", Name: "Apply the live result", Menu: "Fill", Icon: "accept", Keys: []string{"Enter"}, Run: func(e *Editor) { e.Fills.Live.Apply() },
		Enabled: func(e *Editor) bool { return e.Fills.Live.Shown() != nil }, Help: "Apply it to the picture as one undo step"},
}

var parkedActions = []Action{
	{ID: "jobs.show", Name: "Stopped jobs…", Menu: "Fill", Icon: "stop", Gap: true, Run: func(e *Editor) { e.Desk.Show("stopped") }, Enabled: hasStopped, Help: "See why they stopped and what you can do"},
	{ID: "jobs.retry", Name: "Retry stopped jobs", Menu: "Fill", Icon: "redo", Run: func(e *Editor) { e.Fills.RetryAll("") }, Enabled: hasStopped, Help: "Queue them again unchanged"},
	{ID: "jobs.retrycpu", Name: "Retry stopped jobs on the CPU", Menu: "Fill", Run: func(e *Editor) { e.Fills.RetryAll("cpu") }, Enabled: hasStopped, Help: "Slower than a graphics card, but needs no driver"},
	{ID: "jobs.dismiss", Name: "Dismiss stopped jobs", Menu: "Fill", Run: func(e *Editor) { e.Fills.DismissAll() }, Enabled: hasStopped, Help: "Remove them from the list"},
}

func hasStopped(e *Editor) bool { return len(e.Fills.Stopped()) > 0 }
