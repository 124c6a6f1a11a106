/* json.h - the one door to cJSON.
 *
 * Stricter than cJSON: the whole input is consumed or it is an error; member
 * names are case-sensitive; the same name twice in an object, bytes that are
 * not UTF-8, and NUL (raw or as \u0000) are refused. Memory that cJSON frees
 * is wiped first, since answers may echo passwords (json_setup). Not
 * thread-safe per tree; trees may be used in different threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct json; /* a value; cJSON's node */

/** Install the allocator that wipes; call once, before threads and trees. */
void json_setup(void);

/**
 * Parse `len` bytes.
 *
 * @param ret  the root, owned by the caller until json_free()
 * @return 0, -EBADMSG (not acceptable JSON) or -ENOMEM
 */
int json_parse(const char *text, size_t len, struct json **ret);
void json_free(struct json *root);   /* fine on NULL */
void json_freep(struct json **root); /* for AUTO */

/* Questions. Each is fine on NULL and then answers NULL, false or 0, so that
 * paths can be chained; each answers so too when the type is another. */
const struct json *json_get(const struct json *object, const char *name);
const char *json_string(const struct json *v);
bool json_number(const struct json *v, double *ret);
bool json_bool(const struct json *v, bool *ret);
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_null(const struct json *v);
const struct json *json_first(const struct json *array_or_object);
const struct json *json_next(const struct json *element);
const char *json_name(const struct json *member); /* NULL in an array */

#define JSON_EACH(v, parent) for (const struct json *v = json_first(parent); v; v = json_next(v))

/* Building. The caller owns the root; what is added belongs to its parent.
 * With `borrowed` the text is not copied and must outlive the tree: so a
 * secret has no second copy. Member names are always borrowed (literals, or
 * text that outlives the tree). Each returns NULL without memory, and is fine
 * on a NULL parent, so that one check at the end is enough: json_print() of a
 * tree in which an addition failed is -ENOMEM only if the caller looked, so
 * look at the last return of each chain. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_add_object(struct json *object, const char *name);
struct json *json_add_array(struct json *object, const char *name);
struct json *json_push_object(struct json *array);
struct json *json_add_string(struct json *object, const char *name, const char *text);
struct json *json_add_borrowed(struct json *object, const char *name, const char *text);
struct json *json_add_number(struct json *object, const char *name, double v);
struct json *json_add_bool(struct json *object, const char *name, bool v);
struct json *json_add_null(struct json *object, const char *name);

/** Append the tree in compact form. Returns 0, -ENOBUFS or -ENOMEM. */
int json_print(const struct json *root, struct buf *b);

/** Append one string as JSON, quotes included (bad UTF-8 becomes U+FFFD). */
int json_print_string(struct buf *b, const char *text);
