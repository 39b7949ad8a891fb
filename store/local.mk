# To add a file: put store/NAME.c and store/NAME.h on lines of their own below.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	store/articles.c \
	store/articles.h \
	store/articles_impl.h \
	store/backup.c \
	store/backup.h \
	store/check.c \
	store/check.h \
	store/check_articles.c \
	store/check_impl.h \
	store/check_index.c \
	store/check_jobs.c \
	store/check_rows.c \
	store/counters.c \
	store/counters.h \
	store/internal.h \
	store/jobs.c \
	store/jobs.h \
	store/jobs_cache.c \
	store/jobs_cache.h \
	store/journal.c \
	store/journal.h \
	store/keys.c \
	store/keys.h \
	store/meta.c \
	store/meta.h \
	store/migrate.c \
	store/migrate.h \
	store/names.c \
	store/names.h \
	store/rows.c \
	store/rows.h \
	store/rows_impl.h \
	store/rows_keys.c \
	store/rows_labels.c \
	store/rows_list.c \
	store/rows_page.c \
	store/rows_source.c \
	store/rows_source.h \
	store/rows_timers.c \
	store/schema.h \
	store/store.c \
	store/store.h \
	store/store_open.c \
	store/table.c \
	store/table.h
