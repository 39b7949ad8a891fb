# To add a file: put http/NAME.c and http/NAME.h on lines of their own below.
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	http/app.h \
	http/auth.c \
	http/auth.h \
	http/claims.c \
	http/claims.h \
	http/claims_read.c \
	http/claims_read.h \
	http/claims_stream.c \
	http/claims_stream.h \
	http/claims_view.c \
	http/claims_view.h \
	http/configs_api.c \
	http/configs_api.h \
	http/configs_view.c \
	http/configs_view.h \
	http/conn.c \
	http/conn.h \
	http/conn_impl.h \
	http/conn_input.c \
	http/dialects.c \
	http/dispatch.c \
	http/dispatch.h \
	http/docs.c \
	http/docs.h \
	http/docs_bodies.c \
	http/docs_bodies.h \
	http/docs_rows.c \
	http/draw.c \
	http/draw.h \
	http/errors.c \
	http/errors.h \
	http/exchange.c \
	http/exchange.h \
	http/factflow.c \
	http/factflow.h \
	http/factflow_error.c \
	http/factflow_error.h \
	http/factflow_read.c \
	http/factflow_view.c \
	http/factflow_view.h \
	http/factflow_work.c \
	http/factflow_work.h \
	http/give_back.c \
	http/give_back.h \
	http/http.h \
	http/invalid.c \
	http/invalid.h \
	http/jobs_api.c \
	http/jobs_api.h \
	http/jobs_view.c \
	http/jobs_view.h \
	http/keys_api.c \
	http/keys_api.h \
	http/lax.c \
	http/lax.h \
	http/limits.c \
	http/lineage_api.c \
	http/lineage_api.h \
	http/lineage_query.c \
	http/lineage_query.h \
	http/lookup.c \
	http/lookup.h \
	http/misc.c \
	http/misc.h \
	http/nearby.c \
	http/nearby.h \
	http/octet.c \
	http/octet.h \
	http/param.c \
	http/param.h \
	http/parse.c \
	http/parse.h \
	http/query.c \
	http/query.h \
	http/queues.c \
	http/queues.h \
	http/queues_view.c \
	http/queues_view.h \
	http/rate.c \
	http/rate.h \
	http/reply.c \
	http/reply.h \
	http/reports.c \
	http/reports.h \
	http/request.c \
	http/request.h \
	http/request_stream.c \
	http/restep.c \
	http/restep.h \
	http/restep_read.c \
	http/restep_view.c \
	http/restep_view.h \
	http/route.c \
	http/route.h \
	http/routes.c \
	http/server.c \
	http/server.h \
	http/storage_archive.c \
	http/storage_archive.h \
	http/storage_filter.c \
	http/storage_filter.h \
	http/storage_lists.c \
	http/storage_lists.h \
	http/storage_objects.c \
	http/storage_objects.h \
	http/storage_run.c \
	http/storage_run.h \
	http/storage_streams.c \
	http/storage_streams.h \
	http/storage_view.c \
	http/storage_view.h \
	http/streams.c \
	http/streams.h \
	http/strict.c \
	http/strict.h \
	http/submit.c \
	http/submit.h \
	http/target.c \
	http/target.h \
	http/token.c \
	http/token.h \
	http/topify.h \
	http/topify_articles.c \
	http/topify_error.c \
	http/topify_error.h \
	http/topify_read.c \
	http/topify_read.h \
	http/topify_tasks.c \
	http/topify_view.c \
	http/topify_view.h \
	http/trigger.c \
	http/trigger_read.c \
	http/trigger_read.h \
	http/tuxseo.c \
	http/tuxseo.h \
	http/tuxseo_create.c \
	http/tuxseo_error.c \
	http/tuxseo_error.h \
	http/tuxseo_impl.h \
	http/tuxseo_read.c \
	http/tuxseo_view.c \
	http/tuxseo_view.h \
	http/wait.c \
	http/wait.h \
	http/why.c \
	http/why.h \
	http/wiserows.c \
	http/wiserows.h \
	http/wiserows_view.c \
	http/wiserows_view.h

# The page and the schemas of web/, as arrays.
nodist_libhttp_a_SOURCES = http/docs_data.h
BUILT_SOURCES += http/docs_data.h
CLEANFILES += http/docs_data.h
EXTRA_DIST += web/docs.html web/schemas.json
http/docs.$(OBJEXT): http/docs_data.h
http/docs_data.h: $(srcdir)/web/docs.html $(srcdir)/web/schemas.json
	@$(MKDIR_P) http
	$(AM_V_GEN){ for file in docs.html schemas.json; do \
	    echo "static const char $$file[] = {" | tr . _; \
	    od -An -v -td1 $(srcdir)/web/$$file | sed 's/[0-9][0-9]*/&,/g'; \
	    echo '};'; \
	done; } > $@.tmp && mv $@.tmp $@
