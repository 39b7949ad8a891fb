# To add a file: put sse/NAME.c and sse/NAME.h on lines of their own below.
noinst_LIBRARIES += libsse.a
libsse_a_SOURCES = \
	sse/blob.c \
	sse/blob.h \
	sse/control.c \
	sse/control.h \
	sse/cursor.c \
	sse/cursor.h \
	sse/facts.c \
	sse/facts.h \
	sse/feed.c \
	sse/feed.h \
	sse/frame.c \
	sse/frame.h \
	sse/gather.c \
	sse/gather.h \
	sse/label.c \
	sse/label.h \
	sse/owner.c \
	sse/owner.h \
	sse/snapshot.c \
	sse/snapshot.h \
	sse/sse.c \
	sse/sse.h \
	sse/sse_impl.h \
	sse/subscriber.c \
	sse/subscriber.h \
	sse/tail.c \
	sse/tail.h \
	sse/topic.c \
	sse/topic.h \
	sse/view.c \
	sse/view.h
