/* verdict.h - what the answer to a probe means. Pure: bytes in, a verdict out.
 *
 * The table of what each answer means stands at the head of judge.c, line by line as the
 * tests have it. A verdict is small and holds no text of anybody: no secret can be in it,
 * many rows can share it, and the sentence for a human is made of it where it is told
 * (words.c). What the server or libcurl said is not repeated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How the transport ended; `run` maps the transport's own enum to it. */
enum servicenow_transport {
	SERVICENOW_T_ANSWERED,    /* a whole answer: status, headers, body to its end */
	SERVICENOW_T_CUT_OFF,     /* a status came, the body not to its end */
	SERVICENOW_T_DNS,         /* no address for the host */
	SERVICENOW_T_CONNECT,     /* no connection */
	SERVICENOW_T_TLS,         /* handshake failed, not by a certificate */
	SERVICENOW_T_CERTIFICATE, /* the server's certificate was refused */
	SERVICENOW_T_LOCAL,       /* our own certificate, key or CA file is unusable */
	SERVICENOW_T_PROXY,       /* CONNECT answered 407 or 403 */
	SERVICENOW_T_TIMEOUT,     /* connect or total time-out */
	SERVICENOW_T_BROKEN,      /* reset, empty reply, a refused second sending */
	SERVICENOW_T_CANCELLED,   /* cut by us */
};

enum servicenow_result {
	SERVICENOW_LOGIN_OK,
	SERVICENOW_NO_RIGHT,         /* 403: the login is good, the table is closed to it */
	SERVICENOW_NO_TABLE,         /* the login is good, there is no such table */
	SERVICENOW_WRONG_LOGIN,      /* 401; a restriction of Basic looks the same */
	SERVICENOW_LOCKED,           /* 401 that says so */
	SERVICENOW_MFA,              /* the password is good, a second factor is asked for */
	SERVICENOW_BASIC_RESTRICTED, /* 401 that certainly is no matter of the password */
	SERVICENOW_UNSENDABLE,       /* nothing was sent: Basic cannot carry it */
	SERVICENOW_HIBERNATING,
	SERVICENOW_RATE_LIMITED,
	SERVICENOW_SERVER_ERROR,   /* 5xx */
	SERVICENOW_REFUSED,        /* another refusal in ServiceNow's own form */
	SERVICENOW_DENIED,         /* 403 of something before the API */
	SERVICENOW_NOT_SERVICENOW, /* a page, a redirect, JSON of somebody else */
	SERVICENOW_DNS,
	SERVICENOW_CONNECT,
	SERVICENOW_TLS,
	SERVICENOW_CERTIFICATE,
	SERVICENOW_LOCAL,
	SERVICENOW_PROXY,
	SERVICENOW_TIMEOUT,
	SERVICENOW_BROKEN,
	SERVICENOW_STOPPED,
	SERVICENOW_RESULTS
};

/** What more is known of a result; each belongs to the one beside it. */
enum servicenow_detail {
	SERVICENOW_PLAIN,
	SERVICENOW_API_CLOSED, /* NO_RIGHT: not the table, the whole API */
	SERVICENOW_COLON,      /* UNSENDABLE: a colon in the user name */
	SERVICENOW_CONTROL,    /* UNSENDABLE: a control character */
	SERVICENOW_REDIRECT,   /* NOT_SERVICENOW: 3xx */
	SERVICENOW_PAGE,       /* NOT_SERVICENOW: no JSON */
	SERVICENOW_EXPIRED,    /* CERTIFICATE */
	SERVICENOW_OTHER_HOST, /* CERTIFICATE */
	SERVICENOW_UNKNOWN_CA, /* CERTIFICATE */
	SERVICENOW_DETAILS
};

struct servicenow_verdict {
	enum servicenow_result result;
	enum servicenow_detail detail;
	int status;       /* HTTP, 0 when no answer came */
	int64_t until_ms; /* RATE_LIMITED: wall clock, 0 when not told */
	bool untried;     /* nothing of the login has left: to ask again is no second try */
};

/** Header lines of WWW-Authenticate that are looked at. */
#define SERVICENOW_CHALLENGES 4

/** The raw answer; all borrowed for the call. */
struct servicenow_reply {
	enum servicenow_transport transport;
	const char *trouble; /* what libcurl says of a transport error, or NULL */
	bool began;          /* the request was handed to a connection */
	int status;          /* 0 when none came */
	const char *body;    /* NULL when none; not NUL-terminated */
	size_t body_len;
	/* Header values as they came, NULL when absent. */
	const char *www_authenticate[SERVICENOW_CHALLENGES]; /* one a line */
	const char *mfa_token;                               /* X-MFA_TOKEN */
	const char *rate_reset;                              /* X-RateLimit-Reset */
	const char *retry_after;
	const char *date;
	const char *location;
	int64_t wall_ms; /* when it came */
};

/** Judge the answer to a probe. */
void servicenow_judge(const struct servicenow_reply *r, struct servicenow_verdict *ret);

/**
 * Is there nothing to do? True for SERVICENOW_LOGIN_OK alone. SERVICENOW_NO_RIGHT is not
 * fine, though the login works: a preflight that passes it would find the tables closed
 * only behind thousands of creates, and an operator who knows that this one has to be closed
 * names another.
 */
bool servicenow_fine(enum servicenow_result result);

/** "login_ok", "wrong_login" …: one word, for programs. */
const char *servicenow_code(enum servicenow_result result);

#define SERVICENOW_WORDS_SIZE 512

/** The sentence for a human, "what is wrong: what to do". Returns dst. */
const char *servicenow_words(const struct servicenow_verdict *v, char dst[SERVICENOW_WORDS_SIZE]);
