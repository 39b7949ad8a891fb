/*
 * The failure taxonomy: the contract's table, the defaults, the words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/failure.h"

#define V FAILURE_VALIDATION
#define P FAILURE_POLICY
#define D FAILURE_DEPENDENCY
#define T FAILURE_TIMEOUT
#define Q FAILURE_QUOTA
#define U FAILURE_UNKNOWN

static const struct {
	const char *code;
	enum failure_category category;
	bool retryable, fix_required;
	const char *first, *second;
} table[] = {
    {"MISSING_IDEMPOTENCY_KEY", V, false, true, "provide_idempotency_key",
	"retry_request"},
    {"INVALID_IDEMPOTENCY_KEY", V, false, true, "provide_idempotency_key",
	"retry_request"},
    {"INVALID_OPERATION", V, false, true, "fix_request_payload", NULL},
    {"MISSING_TITLE_SUGGESTION_ID", V, false, true, "fix_request_payload",
	NULL},
    {"TITLE_SUGGESTION_NOT_FOUND", V, false, true, "list_title_suggestions",
	"retry_with_valid_suggestion"},
    {"IDEMPOTENCY_KEY_CONFLICT", P, false, true, "use_new_idempotency_key",
	NULL},
    {"JOB_CREATION_FAILED", D, true, false, "retry_with_new_idempotency_key",
	NULL},
    {"JOB_NOT_FOUND", V, false, true, "list_execution_jobs", NULL},
    {"JOB_ALREADY_TERMINAL", P, false, true, "inspect_job_status",
	"retry_if_failed"},
    {"RETRY_NOT_ALLOWED", P, false, true, "wait_for_terminal_status", NULL},
    {"UNSUPPORTED_OPERATION", V, false, true, "use_supported_operation", NULL},
    {"EXECUTION_FAILED", U, true, false, "retry_job", "inspect_job_history"},
    {"EXECUTION_TIMEOUT", T, true, false, "retry_with_backoff", NULL},
    {"CANCELED", P, true, false, "retry_job", NULL},
    {"PUBLISH_APPROVAL_PENDING", P, false, true, "review_publish_checkpoint",
	"retry_publish"},
    {"PUBLISH_QUALITY_GATE_BLOCKED", P, false, true, "update_post_content",
	"retry_publish"},
    {"PUBLISH_ENDPOINT_FAILED", D, true, false, "verify_submission_endpoint",
	"retry_publish"},
    {"ROLLBACK_NOT_ALLOWED", P, false, true, "inspect_job_status", NULL},
    {"ROLLBACK_NOT_SUPPORTED", V, false, true,
	"use_supported_rollback_operation", NULL},
    {"ROLLBACK_CONTEXT_MISSING", U, false, true, "inspect_job_history",
	"open_support_ticket"},
    {"ROLLBACK_REQUIRES_MANUAL_UNPUBLISH", P, false, true,
	"manually_unpublish_external_post", NULL},
    {"PROJECT_NOT_FOUND", U, false, true, "inspect_job_history", NULL},
};

static void
assert_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct failure *f =
		    failure_get(table[i].code, FAILURE_QUOTA);

		assert_string_equal(f->code, table[i].code);
		assert_int_equal(f->category, table[i].category);
		assert_int_equal(f->retryable, table[i].retryable);
		assert_int_equal(f->fix_required, table[i].fix_required);
		assert_text(f->next_actions[0], table[i].first);
		assert_text(f->next_actions[1], table[i].second);
		assert_null(f->next_actions[2]);
		assert_true(strlen(f->hint) > 10);
		assert_int_equal(f->hint[strlen(f->hint) - 1], '.');
	}
}

static void
assert_default(enum failure_category asked, const char *first,
    const char *second, bool retryable)
{
	const struct failure *f = failure_get("NO_SUCH_CODE", asked);

	assert_null(f->code);
	assert_int_equal(f->category, asked);
	assert_int_equal(f->retryable, retryable);
	assert_int_equal(f->fix_required, !retryable);
	assert_text(f->next_actions[0], first);
	assert_text(f->next_actions[1], second);
	assert_non_null(f->hint);
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_default(V, "inspect_job_history", NULL, false);
	assert_default(P, "inspect_job_history", NULL, false);
	assert_default(D, "inspect_job_history", NULL, false);
	assert_default(T, "retry_with_backoff", NULL, true);
	assert_default(Q, "wait_for_quota_reset", "upgrade_plan", false);
	assert_default(U, "inspect_job_history", NULL, false);
	assert_int_equal(failure_get(NULL, FAILURE_NONE)->category, U);
	assert_int_equal(failure_get("", (enum failure_category)99)->category,
	    U);
}

static const struct {
	const char *type;
	enum failure_category category;
} types[] = {
    {"TimeoutError", T},
    {"ConnectionTimeout", T},
    {"ReadTimeoutError", T},
    {"requests.exceptions.ConnectTimeout", T},
    {"ETIMEDOUT", T},
    {"asyncio.TimeoutError", T},
    {"timed_out", T},
    {"TimedOut", T},
    {"DEADLINE_EXCEEDED", T},
    {"HTTP504", T},
    {"RateLimitError", Q},
    {"RateLimitExceeded", Q},
    {"RATE_LIMIT_ERROR", Q},
    {"ratelimit", Q},
    {"rate-limit", Q},
    {"TooManyRequests", Q},
    {"too_many_requests", Q},
    {"InsufficientQuotaError", Q},
    {"ThrottlingException", Q},
    {"HTTP_429", Q},
    {"LimitExceededException", Q},
    {"ValidationError", V},
    {"HTTPValidationError", V},
    {"ValueError", V},
    {"TypeError", V},
    {"JSONDecodeError", V},
    {"jsonschema.SchemaError", V},
    {"InvalidArgument", V},
    {"INVALID_INPUT", V},
    {"ParseError", V},
    {"PermissionError", P},
    {"PermissionDenied", P},
    {"Forbidden", P},
    {"HTTP403Forbidden", P},
    {"Unauthorized", P},
    {"AccessDenied", P},
    {"ContentPolicyViolation", P},
    {"moderation_blocked", P},
    {"ConnectionError", D},
    {"ECONNREFUSED", D},
    {"econnreset", D},
    {"NetworkError", D},
    {"DNSError", D},
    {"HTTPError", D},
    {"HttpError", D},
    {"UpstreamFailed", D},
    {"ServiceUnavailable", D},
    {"socket.gaierror", D},
    {"IOError", D},
    {"io_error", D},
    {"Http2StreamError", D},
    {"RuntimeError", U},
    {"Error", U},
    {"", U},
    {"Biography", U}, /* io, within a word */
    {"prototype", U}, /* type, within a word */
    {"LLM_ERROR", U},
    {"limit", U},
    {"ErrorRate", U},
    {"\xc3\xa9timeout", U}, /* a letter of another script */
    {"::timeout::", T},
    {"a timeout", T},
};

static void
test_classify(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum failure_category c =
		    failure_classify(slice_str(types[i].type));

		if (c != types[i].category)
			fail_msg("%s: %s", types[i].type,
			    failure_category_name(c));
	}
	assert_int_equal(failure_classify(SLICE_NONE), U);
}

/* The longest text split() can make: a word per byte. */
static void
test_long(void **state)
{
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '1' : 'a';
	assert_int_equal(failure_classify((struct slice){text, sizeof(text)}),
	    U);
	memset(text, 'A', sizeof(text));
	memcpy(text + 249, "Timeout", 7);
	assert_int_equal(failure_classify((struct slice){text, sizeof(text)}),
	    T);
	memset(text, '_', sizeof(text));
	memcpy(text + 250, "Timeout", 7); /* cut to "Timeou" */
	assert_int_equal(failure_classify((struct slice){text, sizeof(text)}),
	    U);
}

static void
test_names(void **state)
{
	static const char *const known[] = {NULL, "validation", "policy",
	    "dependency", "timeout", "quota", "unknown", NULL};

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_text(failure_category_name((enum failure_category)i),
		    known[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_classify),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
