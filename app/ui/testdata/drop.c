// drop FILE X Y: lets a file go over the window that is at X, Y of the screen, as a file
// manager does (XDND version 5). For the tests that drive the real window.
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Display *d;
static Atom A(const char *name) { return XInternAtom(d, name, False); }

// aware finds the window below a point of w that says it takes drops.
static Window aware(Window w, int x, int y) {
    Atom type; int format; unsigned long n, rest; unsigned char *data = NULL;
    if (XGetWindowProperty(d, w, A("XdndAware"), 0, 1, False, AnyPropertyType, &type, &format, &n, &rest, &data) == Success && type != None) {
        XFree(data);
        return w;
    }
    Window root, parent, *below; unsigned int count;
    if (!XQueryTree(d, w, &root, &parent, &below, &count)) return None;
    Window found = None;
    for (int i = (int)count - 1; i >= 0 && found == None; i--) {
        XWindowAttributes a; int wx, wy; Window child;
        XGetWindowAttributes(d, below[i], &a);
        XTranslateCoordinates(d, below[i], DefaultRootWindow(d), 0, 0, &wx, &wy, &child);
        if (a.map_state == IsViewable && x >= wx && y >= wy && x < wx + a.width && y < wy + a.height) found = aware(below[i], x, y);
    }
    XFree(below);
    return found;
}

static void tell(Window to, const char *what, long a, long b, long c, long e, long f) {
    XEvent m = {0};
    m.xclient.type = ClientMessage; m.xclient.display = d; m.xclient.window = to;
    m.xclient.message_type = A(what); m.xclient.format = 32;
    long v[] = {a, b, c, e, f};
    memcpy(m.xclient.data.l, v, sizeof v);
    XSendEvent(d, to, False, NoEventMask, &m);
    XFlush(d);
}

int main(int argc, char **argv) {
    if (argc != 4 || !(d = XOpenDisplay(NULL))) return 2;
    int x = atoi(argv[2]), y = atoi(argv[3]);
    char uri[4200];
    snprintf(uri, sizeof uri, "file://%s\r\n", argv[1]);
    Window me = XCreateSimpleWindow(d, DefaultRootWindow(d), 0, 0, 1, 1, 0, 0, 0), to = aware(DefaultRootWindow(d), x, y);
    if (to == None) return 3;
    XSetSelectionOwner(d, A("XdndSelection"), me, CurrentTime);
    tell(to, "XdndEnter", me, 5L << 24, A("text/uri-list"), None, None);
    tell(to, "XdndPosition", me, 0, (long)x << 16 | y, CurrentTime, A("XdndActionCopy"));
    alarm(15);
    for (int dropped = 0;;) {
        XEvent e;
        XNextEvent(d, &e);
        if (e.type == ClientMessage && e.xclient.message_type == A("XdndStatus") && !dropped) {
            dropped = 1;
            tell(to, "XdndDrop", me, 0, CurrentTime, 0, 0);
        } else if (e.type == ClientMessage && e.xclient.message_type == A("XdndFinished")) {
            return 0;
        } else if (e.type == SelectionRequest) {
            XSelectionRequestEvent *r = &e.xselectionrequest;
            XChangeProperty(d, r->requestor, r->property, r->target, 8, PropModeReplace, (unsigned char *)uri, (int)strlen(uri));
            XEvent s = {0};
            s.xselection.type = SelectionNotify; s.xselection.requestor = r->requestor; s.xselection.selection = r->selection;
            s.xselection.target = r->target; s.xselection.property = r->property; s.xselection.time = r->time;
            XSendEvent(d, r->requestor, False, NoEventMask, &s);
            XFlush(d);
        }
    }
}
