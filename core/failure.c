/*
 * The failure taxonomy as const tables: the codes and what to do about them,
 * and the words by which an error type is put into a category.
 */
#include "core/failure.h"

#define NAME_MAX_BYTES 256 /* of an error type, as far as it is looked at */

static const char *const category_names[] = {
    [FAILURE_VALIDATION] = "validation",
    [FAILURE_POLICY] = "policy",
    [FAILURE_DEPENDENCY] = "dependency",
    [FAILURE_TIMEOUT] = "timeout",
    [FAILURE_QUOTA] = "quota",
    [FAILURE_UNKNOWN] = "unknown",
};

/* code, category, retryable, fix_required, hint, next actions. */
static const struct failure codes[] = {
    {"MISSING_IDEMPOTENCY_KEY", FAILURE_VALIDATION, false, true,
	"Send an Idempotency-Key header that is unique to this request.",
	{"provide_idempotency_key", "retry_request"}},
    {"INVALID_IDEMPOTENCY_KEY", FAILURE_VALIDATION, false, true,
	"Send an Idempotency-Key of at most 255 characters.",
	{"provide_idempotency_key", "retry_request"}},
    {"INVALID_OPERATION", FAILURE_VALIDATION, false, true,
	"Name an operation that exists.", {"fix_request_payload"}},
    {"MISSING_TITLE_SUGGESTION_ID", FAILURE_VALIDATION, false, true,
	"Add title_suggestion_id to the request.", {"fix_request_payload"}},
    {"TITLE_SUGGESTION_NOT_FOUND", FAILURE_VALIDATION, false, true,
	"Choose a title suggestion that belongs to this project.",
	{"list_title_suggestions", "retry_with_valid_suggestion"}},
    {"IDEMPOTENCY_KEY_CONFLICT", FAILURE_POLICY, false, true,
	"This key already made something else: use a new one.",
	{"use_new_idempotency_key"}},
    {"JOB_CREATION_FAILED", FAILURE_DEPENDENCY, true, false,
	"The job could not be created: try again with a new key.",
	{"retry_with_new_idempotency_key"}},
    {"JOB_NOT_FOUND", FAILURE_VALIDATION, false, true,
	"Check the job's id against the list of execution jobs.",
	{"list_execution_jobs"}},
    {"JOB_ALREADY_TERMINAL", FAILURE_POLICY, false, true,
	"The job has already ended and does not change any more.",
	{"inspect_job_status", "retry_if_failed"}},
    {"RETRY_NOT_ALLOWED", FAILURE_POLICY, false, true,
	"Only a failed or canceled job can be retried.",
	{"wait_for_terminal_status"}},
    {"UNSUPPORTED_OPERATION", FAILURE_VALIDATION, false, true,
	"No worker knows this operation: use one that is supported.",
	{"use_supported_operation"}},
    {"EXECUTION_FAILED", FAILURE_UNKNOWN, true, false,
	"Read the error message and the history, then retry the job.",
	{"retry_job", "inspect_job_history"}},
    {"EXECUTION_TIMEOUT", FAILURE_TIMEOUT, true, false,
	"The worker fell silent or took too long: retry later.",
	{"retry_with_backoff"}},
    {"CANCELED", FAILURE_POLICY, true, false,
	"The job was canceled: retry it to run it again.", {"retry_job"}},
    {"PUBLISH_APPROVAL_PENDING", FAILURE_POLICY, false, true,
	"The post must be approved before it can be published.",
	{"review_publish_checkpoint", "retry_publish"}},
    {"PUBLISH_QUALITY_GATE_BLOCKED", FAILURE_POLICY, false, true,
	"The post does not pass the quality gate: improve its content.",
	{"update_post_content", "retry_publish"}},
    {"PUBLISH_ENDPOINT_FAILED", FAILURE_DEPENDENCY, true, false,
	"The submission endpoint did not accept the post: check it.",
	{"verify_submission_endpoint", "retry_publish"}},
    {"ROLLBACK_NOT_ALLOWED", FAILURE_POLICY, false, true,
	"Only a succeeded job can be rolled back.", {"inspect_job_status"}},
    {"ROLLBACK_NOT_SUPPORTED", FAILURE_VALIDATION, false, true,
	"This operation has no rollback.",
	{"use_supported_rollback_operation"}},
    {"ROLLBACK_CONTEXT_MISSING", FAILURE_UNKNOWN, false, true,
	"The job's result does not say which post it made.",
	{"inspect_job_history", "open_support_ticket"}},
    {"ROLLBACK_REQUIRES_MANUAL_UNPUBLISH", FAILURE_POLICY, false, true,
	"The post is already public: take it down where it was published.",
	{"manually_unpublish_external_post"}},
    {"PROJECT_NOT_FOUND", FAILURE_UNKNOWN, false, true,
	"Check the project's id.", {"inspect_job_history"}},
};

/* What holds for any other code, by category. */
static const struct failure defaults[] = {
    {NULL, FAILURE_VALIDATION, false, true,
	"Correct what was sent, then try again.", {"inspect_job_history"}},
    {NULL, FAILURE_POLICY, false, true, "A rule or a permission forbids this.",
	{"inspect_job_history"}},
    {NULL, FAILURE_DEPENDENCY, false, true,
	"Something the job depends on failed: check it.",
	{"inspect_job_history"}},
    {NULL, FAILURE_TIMEOUT, true, false,
	"It took too long: retry with growing pauses.", {"retry_with_backoff"}},
    {NULL, FAILURE_QUOTA, false, true,
	"A limit is used up: wait until it is renewed, or raise it.",
	{"wait_for_quota_reset", "upgrade_plan"}},
    {NULL, FAILURE_UNKNOWN, false, true,
	"Read the error message and the history.", {"inspect_job_history"}},
};

/*
 * Words and phrases of error types.  The first category with a match wins:
 * a ConnectionTimeout is a timeout, an HTTPValidationError a validation.
 */
static const struct {
	enum failure_category category;
	const char *words[40];
} lexicon[] = {
    {FAILURE_TIMEOUT,
	{"timeout", "timeouts", "timedout", "etimedout", "esockettimedout",
	    "timed out", "time out", "deadline", "408", "504"}},
    {FAILURE_QUOTA,
	{"quota", "quotas", "ratelimit", "ratelimited", "rate limit",
	    "rate limited", "rate limiting", "too many requests",
	    "toomanyrequests", "limit exceeded", "limit reached",
	    "resource exhausted", "throttle", "throttled", "throttling",
	    "429"}},
    {FAILURE_POLICY,
	{"permission", "permissions", "forbidden", "unauthorized",
	    "unauthenticated", "authentication", "authorization", "credential",
	    "credentials", "policy", "denied", "moderation", "content filter",
	    "eacces", "eperm", "401", "403"}},
    {FAILURE_VALIDATION,
	{"validation", "validate", "validator", "value", "type", "schema",
	    "parse", "parser", "parsing", "syntax", "decode", "invalid",
	    "argument", "arguments", "malformed", "bad request", "einval",
	    "400", "422"}},
    {FAILURE_DEPENDENCY,
	{"connection", "connect", "network", "dns", "http", "https", "upstream",
	    "unavailable", "gateway", "socket", "io", "pipe", "ssl", "tls",
	    "certificate", "database", "dependency", "internal server",
	    "econnrefused", "econnreset", "econnaborted", "enotfound",
	    "ehostunreach", "enetunreach", "epipe", "eai", "500", "502",
	    "503"}},
};

enum kind { KIND_GAP, KIND_LOWER, KIND_UPPER, KIND_DIGIT };

/* Name a category; none has no name. */
const char *
failure_category_name(enum failure_category c)
{
	return (unsigned)c <= FAILURE_UNKNOWN ? category_names[c] : NULL;
}

/* Bytes of other scripts count as small letters. */
static enum kind
kind_at(struct slice s, size_t i)
{
	unsigned char c = i < s.n ? (unsigned char)s.p[i] : 0;

	if (c >= 'A' && c <= 'Z')
		return KIND_UPPER;
	if (c >= '0' && c <= '9')
		return KIND_DIGIT;
	return (c >= 'a' && c <= 'z') || c >= 0x80 ? KIND_LOWER : KIND_GAP;
}

/* Say whether a word begins at i, a letter or digit: "HTTP|Error|429". */
static bool
begins_word(struct slice s, size_t i)
{
	enum kind here = kind_at(s, i);
	enum kind before = i > 0 ? kind_at(s, i - 1) : KIND_GAP;

	if (here == before)
		return here == KIND_UPPER && kind_at(s, i + 1) == KIND_LOWER;
	return !(before == KIND_UPPER && here == KIND_LOWER);
}

/* Write the words of s in small letters, a space around each. */
static void
split(struct slice s, char out[2 * NAME_MAX_BYTES + 2])
{
	size_t n = 0;

	if (s.n > NAME_MAX_BYTES)
		s.n = NAME_MAX_BYTES;
	for (size_t i = 0; i < s.n; i++) {
		enum kind kind = kind_at(s, i);

		if (kind == KIND_GAP)
			continue;
		if (begins_word(s, i))
			out[n++] = ' ';
		out[n++] =
		    kind == KIND_UPPER ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
	}
	out[n++] = ' ';
	out[n] = '\0';
}

/* Say whether text, made by split(), has that word or phrase. */
static bool
has_words(const char *text, const char *words)
{
	size_t n = strlen(words);

	for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
		if (at > text && at[-1] == ' ' && at[n] == ' ')
			return true;
	}
	return false;
}

/* Find the row of a code; NULL when it is not in the table. */
static const struct failure *
find_code(struct slice code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (slice_is(code, codes[i].code))
			return &codes[i];
	}
	return NULL;
}

/* Put an error type into the first category that knows one of its words. */
enum failure_category
failure_classify(struct slice error_type)
{
	const struct failure *known = find_code(error_type);
	char text[2 * NAME_MAX_BYTES + 2];

	if (known != NULL)
		return known->category;
	split(error_type, text);
	for (size_t i = 0; i < sizeof(lexicon) / sizeof(lexicon[0]); i++) {
		const char *const *word = lexicon[i].words;

		for (; *word != NULL; word++) {
			if (has_words(text, *word))
				return lexicon[i].category;
		}
	}
	return FAILURE_UNKNOWN;
}

/* Look the code up, then the category; none counts as unknown. */
const struct failure *
failure_get(const char *code, enum failure_category category)
{
	const struct failure *known = find_code(slice_str(code));

	if (known != NULL)
		return known;
	if (category < FAILURE_VALIDATION || category > FAILURE_UNKNOWN)
		category = FAILURE_UNKNOWN;
	return &defaults[category - FAILURE_VALIDATION];
}

/* Find the row for what went wrong. */
const struct failure *
failure_of(const struct execution *x, struct slice error_type)
{
	const struct failure *known = find_code(error_type);

	if (x->failure == FAILURE_NONE)
		return NULL;
	if (x->failure == FAILURE_TIMEOUT)
		return failure_get("EXECUTION_TIMEOUT", FAILURE_TIMEOUT);
	if (known != NULL)
		return known;
	return failure_get("EXECUTION_FAILED", x->failure);
}
