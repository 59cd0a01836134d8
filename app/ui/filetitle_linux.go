package ui

// 2026-11-28: the library of the desktop's dialogs takes a title, and on Linux calls every one "Open File" or "Save File"; until it
// does otherwise GTK is told once the dialog runs.

// #cgo pkg-config: gtk+-3.0
// #include <gtk/gtk.h>
// #include <stdlib.h>
// static gboolean entitle(gpointer title) {
// 	GList *all = gtk_window_list_toplevels();
// 	for (GList *l = all; l != NULL; l = l->next)
// 		if (GTK_IS_FILE_CHOOSER_DIALOG(l->data))
// 			gtk_window_set_title(GTK_WINDOW(l->data), title);
// 	g_list_free(all);
// 	free(title);
// 	return G_SOURCE_REMOVE;
// }
// static void entitleNext(char *title) { g_idle_add(entitle, title); }
import "C"

// entitleNext gives the file dialog that runs next its title. No other may be open.
func entitleNext(title string) { C.entitleNext(C.CString(title)) }
