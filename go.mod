module pentimento

go 1.26.0

require (
	fyne.io/fyne/v2 v2.7.1
	github.com/disintegration/imaging v1.6.2
	github.com/sqweek/dialog v0.0.0-20240226140203-065105509627
	github.com/yalue/onnxruntime_go v1.27.0
	golang.design/x/clipboard v0.7.1
	golang.org/x/image v0.47.0
	honnef.co/go/tools v0.8.2
)

tool honnef.co/go/tools/cmd/staticcheck
