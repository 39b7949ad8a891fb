# To add a unit test tests/core/test_json.c, two lines in the cmocka part:
#	unit_tests += tests/core/test_json
#	tests_core_test_json_LDADD = $(core_test_libs)
# To add a fuzz target tests/fuzz/fuzz_json.c, two lines in the fuzz part, and
# at least one file in tests/fuzz/corpus/json/:
#	fuzz_targets += tests/fuzz/fuzz_json
#	tests_fuzz_fuzz_json_LDADD = $(fuzz_main) $(core_libs)
# To add an LD_PRELOAD shim tests/shims/NAME.c: one line, preload_shims += tests/shims/NAME.so
# To add an end-to-end test: tests/e2e/test_NAME.py; nothing here.

# ---- unit tests (cmocka), each linked with its layer and what is below ----

core_test_libs = $(core_libs) $(CMOCKA_LIBS)
store_test_libs = $(store_libs) $(CMOCKA_LIBS)
engine_test_libs = $(engine_libs) $(CMOCKA_LIBS)
sse_test_libs = $(sse_libs) $(CMOCKA_LIBS)
http_test_libs = $(http_libs) $(CMOCKA_LIBS)
cli_test_libs = libcli.a $(core_libs) $(CURL_LIBS) $(CMOCKA_LIBS)

unit_tests =
unit_tests += tests/core/test_article
tests_core_test_article_LDADD = $(core_test_libs)
unit_tests += tests/core/test_base64
tests_core_test_base64_LDADD = $(core_test_libs)
unit_tests += tests/core/test_buf
tests_core_test_buf_LDADD = $(core_test_libs)
unit_tests += tests/core/test_decimal
tests_core_test_decimal_LDADD = $(core_test_libs)
unit_tests += tests/core/test_hash
tests_core_test_hash_LDADD = $(core_test_libs)
unit_tests += tests/core/test_json
tests_core_test_json_LDADD = $(core_test_libs)
unit_tests += tests/core/test_jsonw
tests_core_test_jsonw_LDADD = $(core_test_libs)
unit_tests += tests/core/test_log
tests_core_test_log_LDADD = $(core_test_libs)
unit_tests += tests/core/test_rfc3339
tests_core_test_rfc3339_LDADD = $(core_test_libs)
unit_tests += tests/core/test_slice
tests_core_test_slice_LDADD = $(core_test_libs)
unit_tests += tests/core/test_tar
tests_core_test_tar_LDADD = $(core_test_libs)
unit_tests += tests/core/test_utf8
tests_core_test_utf8_LDADD = $(core_test_libs)
unit_tests += tests/core/test_why
tests_core_test_why_LDADD = $(core_test_libs)
unit_tests += tests/core/test_uuid
tests_core_test_uuid_LDADD = $(core_test_libs)
unit_tests += tests/core/test_status
tests_core_test_status_LDADD = $(core_test_libs)
unit_tests += tests/core/test_event
tests_core_test_event_LDADD = $(core_test_libs)
unit_tests += tests/core/test_execution
tests_core_test_execution_LDADD = $(core_test_libs)
unit_tests += tests/core/test_retry
tests_core_test_retry_LDADD = $(core_test_libs)
unit_tests += tests/core/test_failure
tests_core_test_failure_LDADD = $(core_test_libs)
unit_tests += tests/core/test_graph
tests_core_test_graph_LDADD = $(core_test_libs)
unit_tests += tests/core/test_job
tests_core_test_job_LDADD = $(core_test_libs)
unit_tests += tests/core/test_mapping
tests_core_test_mapping_LDADD = $(core_test_libs)
unit_tests += tests/core/test_yaml
tests_core_test_yaml_LDADD = $(core_test_libs)
unit_tests += tests/core/test_config
tests_core_test_config_LDADD = $(core_test_libs)
unit_tests += tests/core/test_dag
tests_core_test_dag_LDADD = $(core_test_libs)
unit_tests += tests/core/test_object
tests_core_test_object_LDADD = $(core_test_libs)
unit_tests += tests/core/test_labels
tests_core_test_labels_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lineage
tests_core_test_lineage_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lifecycle
tests_core_test_lifecycle_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lifecycle_admin
tests_core_test_lifecycle_admin_LDADD = $(core_test_libs)
unit_tests += tests/core/test_replay
tests_core_test_replay_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lifecycle_report
tests_core_test_lifecycle_report_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lifecycle_step
tests_core_test_lifecycle_step_LDADD = $(core_test_libs)
unit_tests += tests/core/test_lifecycle_timer
tests_core_test_lifecycle_timer_LDADD = $(core_test_libs)

unit_tests += tests/cli/test_download
tests_cli_test_download_LDADD = $(cli_test_libs)
unit_tests += tests/cli/test_duration
tests_cli_test_duration_LDADD = $(cli_test_libs)
unit_tests += tests/cli/test_exits
tests_cli_test_exits_LDADD = $(cli_test_libs)
unit_tests += tests/cli/test_sse
tests_cli_test_sse_LDADD = $(cli_test_libs)
unit_tests += tests/cli/test_stream
tests_cli_test_stream_LDADD = $(cli_test_libs)
tests_cli_test_stream_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
unit_tests += tests/cli/test_table
tests_cli_test_table_LDADD = $(cli_test_libs)
unit_tests += tests/cli/test_work
tests_cli_test_work_LDADD = $(cli_test_libs)

engine_ground = tests/engine/ground.c tests/engine/ground.h
unit_tests += tests/engine/test_engine
tests_engine_test_engine_SOURCES = tests/engine/test_engine.c $(engine_ground)
tests_engine_test_engine_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_engine_dialects
tests_engine_test_engine_dialects_SOURCES = tests/engine/test_engine_dialects.c $(engine_ground)
tests_engine_test_engine_dialects_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_engine_jobs
tests_engine_test_engine_jobs_SOURCES = tests/engine/test_engine_jobs.c $(engine_ground)
tests_engine_test_engine_jobs_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_engine_time
tests_engine_test_engine_time_SOURCES = tests/engine/test_engine_time.c $(engine_ground)
tests_engine_test_engine_time_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_claim
tests_engine_test_claim_SOURCES = tests/engine/test_claim.c tests/engine/worker.h $(engine_ground)
tests_engine_test_claim_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_dispatch
tests_engine_test_dispatch_SOURCES = tests/engine/test_dispatch.c tests/engine/worker.h $(engine_ground)
tests_engine_test_dispatch_LDADD = $(engine_test_libs)
unit_tests += tests/engine/test_fault
tests_engine_test_fault_LDADD = $(engine_test_libs)

store_world = tests/store/world.c tests/store/world.h
unit_tests += tests/store/test_backup
tests_store_test_backup_SOURCES = tests/store/test_backup.c $(store_world)
tests_store_test_backup_LDADD = $(store_test_libs)
unit_tests += tests/store/test_check
tests_store_test_check_SOURCES = tests/store/test_check.c $(store_world)
tests_store_test_check_LDADD = $(store_test_libs)
unit_tests += tests/store/test_journal
tests_store_test_journal_SOURCES = tests/store/test_journal.c $(store_world)
tests_store_test_journal_LDADD = $(store_test_libs)
unit_tests += tests/store/test_jobs
tests_store_test_jobs_SOURCES = tests/store/test_jobs.c $(store_world)
tests_store_test_jobs_LDADD = $(store_test_libs)
unit_tests += tests/store/test_keys
tests_store_test_keys_SOURCES = tests/store/test_keys.c $(store_world)
tests_store_test_keys_LDADD = $(store_test_libs)
unit_tests += tests/store/test_names
tests_store_test_names_SOURCES = tests/store/test_names.c $(store_world)
tests_store_test_names_LDADD = $(store_test_libs)
unit_tests += tests/store/test_objects
tests_store_test_objects_SOURCES = tests/store/test_objects.c $(store_world)
tests_store_test_objects_LDADD = $(store_test_libs)
unit_tests += tests/store/test_ready
tests_store_test_ready_SOURCES = tests/store/test_ready.c $(store_world)
tests_store_test_ready_LDADD = $(store_test_libs)
unit_tests += tests/store/test_rows
tests_store_test_rows_SOURCES = tests/store/test_rows.c $(store_world)
tests_store_test_rows_LDADD = $(store_test_libs)
unit_tests += tests/store/test_store
tests_store_test_store_SOURCES = tests/store/test_store.c $(store_world)
tests_store_test_store_LDADD = $(store_test_libs)

sse_watch = tests/sse/watch.c tests/sse/watch.h $(store_world)
unit_tests += tests/sse/test_frame
tests_sse_test_frame_LDADD = $(sse_test_libs)
unit_tests += tests/sse/test_tail
tests_sse_test_tail_LDADD = $(sse_test_libs)
unit_tests += tests/sse/test_sse
tests_sse_test_sse_SOURCES = tests/sse/test_sse.c $(sse_watch)
tests_sse_test_sse_LDADD = $(sse_test_libs)
unit_tests += tests/sse/test_property
tests_sse_test_property_SOURCES = tests/sse/test_property.c $(sse_watch)
tests_sse_test_property_LDADD = $(sse_test_libs)
unit_tests += tests/core/test_key
tests_core_test_key_LDADD = $(core_test_libs)
unit_tests += tests/engine/test_wheel
tests_engine_test_wheel_LDADD = $(engine_test_libs)
unit_tests += tests/http/test_conn
tests_http_test_conn_LDADD = $(http_test_libs)
unit_tests += tests/http/test_docs
tests_http_test_docs_LDADD = $(http_test_libs)
unit_tests += tests/http/test_lenient
tests_http_test_lenient_LDADD = $(http_test_libs)
unit_tests += tests/http/test_nearby
tests_http_test_nearby_LDADD = $(http_test_libs)
unit_tests += tests/http/test_query
tests_http_test_query_LDADD = $(http_test_libs)
unit_tests += tests/http/test_rate
tests_http_test_rate_LDADD = $(http_test_libs)
unit_tests += tests/http/test_request_stream
tests_http_test_request_stream_LDADD = $(http_test_libs)
unit_tests += tests/http/test_route
tests_http_test_route_LDADD = $(http_test_libs)
unit_tests += tests/http/test_slow
tests_http_test_slow_LDADD = $(http_test_libs)
unit_tests += tests/http/test_strict
tests_http_test_strict_LDADD = $(http_test_libs)
unit_tests += tests/http/test_token
tests_http_test_token_LDADD = $(http_test_libs)
unit_tests += tests/http/test_pipeline
tests_http_test_pipeline_LDADD = $(http_test_libs)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# ---- fuzz targets: libFuzzer, or a main that replays the corpus ----------

fuzz_targets =
fuzz_targets += tests/fuzz/fuzz_article
tests_fuzz_fuzz_article_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_rfc3339
tests_fuzz_fuzz_rfc3339_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_uuid
tests_fuzz_fuzz_uuid_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_event
tests_fuzz_fuzz_event_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_row
tests_fuzz_fuzz_row_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_job
tests_fuzz_fuzz_job_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_mapping
tests_fuzz_fuzz_mapping_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_sse
tests_fuzz_fuzz_sse_LDADD = $(fuzz_main) libcli.a $(core_libs)
fuzz_targets += tests/fuzz/fuzz_work
tests_fuzz_fuzz_work_LDADD = $(fuzz_main) libcli.a $(core_libs)
fuzz_targets += tests/fuzz/fuzz_cursor
tests_fuzz_fuzz_cursor_LDADD = $(fuzz_main) $(sse_libs)
fuzz_targets += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_LDADD = $(fuzz_main) libhttp.a $(core_libs) $(PARSER_LIBS)
fuzz_targets += tests/fuzz/fuzz_object
tests_fuzz_fuzz_object_LDADD = $(fuzz_main) $(core_libs)
fuzz_targets += tests/fuzz/fuzz_objects
tests_fuzz_fuzz_objects_LDADD = $(fuzz_main) $(store_libs)
fuzz_targets += tests/fuzz/fuzz_labels
tests_fuzz_fuzz_labels_LDADD = $(fuzz_main) $(sse_libs)
fuzz_targets += tests/fuzz/fuzz_token
tests_fuzz_fuzz_token_LDADD = $(fuzz_main) $(http_libs)
fuzz_targets += tests/fuzz/fuzz_auth
tests_fuzz_fuzz_auth_LDADD = $(fuzz_main) $(http_libs)
fuzz_targets += tests/fuzz/fuzz_query
tests_fuzz_fuzz_query_LDADD = $(fuzz_main) libhttp.a $(core_libs)

if FUZZING
fuzz_main = $(FUZZ_LDFLAGS)
else
fuzz_main = tests/fuzz/libreplay.a
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c
TESTS += $(fuzz_targets)
endif
check_PROGRAMS += $(fuzz_targets)

# ---- the tree itself -----------------------------------------------------

style_checks = tests/check_layers tests/check_budgets tests/check_format \
	tests/check_man
dist_check_SCRIPTS = $(style_checks) tests/run_e2e
EXTRA_DIST += tests/fuzz/ground.h tests/tally tests/fuzz/corpus tests/e2e tests/shims/fault.c
EXTRA_DIST += tests/core/dies.h tests/core/lifecycle.h tests/core/tree.h
EXTRA_DIST += tests/http/endpoints.h tests/http/harness.h tests/http/hostile.h
TESTS += $(style_checks)

# ---- end to end: pytest against the programs just built ------------------

TESTS += tests/run_e2e

preload_shims =
preload_shims += tests/shims/fault.so
check_DATA = $(preload_shims) $(bin_PROGRAMS)
CLEANFILES += $(preload_shims)
SUFFIXES = .so
tests/shims/%.so: $(srcdir)/tests/shims/%.c
	@$(MKDIR_P) tests/shims
	$(AM_V_CC)$(CC) -shared -fPIC -std=c11 -D_GNU_SOURCE $(WARN_CFLAGS) -O1 -g -o $@ $<  -ldl

AM_TESTS_ENVIRONMENT = \
	PYTHON='$(PYTHON)' \
	TIDEWIRED='$(abs_builddir)/tidewired$(EXEEXT)' \
	TIDEWIRE='$(abs_builddir)/tidewire$(EXEEXT)' \
	TIDEWIRE_SHIMS='$(abs_builddir)/tests/shims' \
	TIDEWIRE_SANITIZED='$(SANITIZED)' \
	ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1 \
	UBSAN_OPTIONS=print_stacktrace=1; \
	export PYTHON TIDEWIRED TIDEWIRE TIDEWIRE_SHIMS \
	TIDEWIRE_SANITIZED ASAN_OPTIONS UBSAN_OPTIONS;

# The same with its output on the terminal.
check-e2e: $(bin_PROGRAMS) $(preload_shims)
	@$(AM_TESTS_ENVIRONMENT) srcdir='$(srcdir)' $(srcdir)/tests/run_e2e || \
	    test $$? -eq 77

# All that the tests need, built and not run.
check-programs: $(bin_PROGRAMS) $(check_PROGRAMS) $(check_LIBRARIES) \
	$(preload_shims)
fuzz-targets: $(fuzz_targets)

# The names of all tests, for ./dev.
print-tests:
	@printf '%s\n' $(TESTS)
.PHONY: check-e2e check-programs fuzz-targets print-tests
