#include "base/json.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/json_grammar.h"

/* The number of members up to which each is compared with each. */
#define FEW_MEMBERS 8

static const cJSON *node(const struct json *v)
{
	return (const cJSON *)v;
}

static struct json *wrap(cJSON *v)
{
	return (struct json *)v;
}

static void wipe_and_free(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

void json_setup(void)
{
	cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = wipe_and_free};

	cJSON_InitHooks(&hooks);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool few_are_unique(const cJSON *object)
{
	for (const cJSON *a = object->child; a; a = a->next) {
		for (const cJSON *b = a->next; b; b = b->next) {
			if (strcmp(a->string, b->string) == 0)
				return false;
		}
	}
	return true;
}

/* Sorted, so that an object of a hundred thousand members costs no minutes. */
static int check_many_unique(const cJSON *object, size_t count)
{
	const char **names = malloc(count * sizeof(*names));
	size_t n = 0;
	int r = 0;

	if (!names)
		return -ENOMEM;
	for (const cJSON *m = object->child; m; m = m->next)
		names[n++] = m->string;
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 1; i < n && r == 0; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			r = -EBADMSG;
	}
	free(names);
	return r;
}

static int check_unique(const cJSON *object)
{
	size_t count = 0;

	for (const cJSON *m = object->child; m; m = m->next)
		count++;
	if (count <= FEW_MEMBERS)
		return few_are_unique(object) ? 0 : -EBADMSG;
	return check_many_unique(object, count);
}

/* What the grammar cannot see: names that are the same once unescaped, numbers
 * that are too large for a double. Recursion is at most JSON_DEPTH_MAX deep. */
static int check_tree(const cJSON *v)
{
	int r = 0;

	if (cJSON_IsNumber(v))
		return v->valuedouble > DBL_MAX || v->valuedouble < -DBL_MAX ? -EBADMSG : 0;
	if (cJSON_IsObject(v))
		r = check_unique(v);
	for (const cJSON *child = v->child; child && r == 0; child = child->next)
		r = check_tree(child);
	return r;
}

int json_parse(const char *text, size_t len, struct json **ret)
{
	cJSON *root;
	int r;

	if (!json_is_acceptable(text, len))
		return -EBADMSG;
	root = cJSON_ParseWithLength(text, len);
	if (!root)
		return -ENOMEM;
	r = check_tree(root);
	if (r < 0) {
		cJSON_Delete(root);
		return r;
	}
	*ret = wrap(root);
	return 0;
}

void json_free(struct json *root)
{
	cJSON_Delete((cJSON *)root);
}

void json_freep(struct json **root)
{
	json_free(*root);
	*root = NULL;
}

const struct json *json_get(const struct json *object, const char *name)
{
	if (!json_is_object(object))
		return NULL;
	return wrap(cJSON_GetObjectItemCaseSensitive(node(object), name));
}

const char *json_string(const struct json *v)
{
	return cJSON_GetStringValue(node(v));
}

bool json_number(const struct json *v, double *ret)
{
	if (!cJSON_IsNumber(node(v)))
		return false;
	*ret = node(v)->valuedouble;
	return true;
}

bool json_bool(const struct json *v, bool *ret)
{
	if (!cJSON_IsBool(node(v)))
		return false;
	*ret = cJSON_IsTrue(node(v));
	return true;
}

bool json_is_object(const struct json *v)
{
	return cJSON_IsObject(node(v));
}

bool json_is_array(const struct json *v)
{
	return cJSON_IsArray(node(v));
}

bool json_is_null(const struct json *v)
{
	return cJSON_IsNull(node(v));
}

const struct json *json_first(const struct json *array_or_object)
{
	if (!json_is_array(array_or_object) && !json_is_object(array_or_object))
		return NULL;
	return wrap(node(array_or_object)->child);
}

const struct json *json_next(const struct json *element)
{
	return element ? wrap(node(element)->next) : NULL;
}

const char *json_name(const struct json *member)
{
	return member ? node(member)->string : NULL;
}

struct json *json_new_object(void)
{
	return wrap(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
	return wrap(cJSON_CreateArray());
}

/* Takes `item`, which may be NULL; deletes it where it cannot be added. */
static struct json *add(struct json *object, const char *name, cJSON *item)
{
	if (!item)
		return NULL;
	if (!object || !cJSON_AddItemToObjectCS((cJSON *)object, name, item)) {
		cJSON_Delete(item);
		return NULL;
	}
	return wrap(item);
}

struct json *json_add_object(struct json *object, const char *name)
{
	return add(object, name, cJSON_CreateObject());
}

struct json *json_add_array(struct json *object, const char *name)
{
	return add(object, name, cJSON_CreateArray());
}

struct json *json_push_object(struct json *array)
{
	cJSON *item = cJSON_CreateObject();

	if (!item)
		return NULL;
	if (!array || !cJSON_AddItemToArray((cJSON *)array, item)) {
		cJSON_Delete(item);
		return NULL;
	}
	return wrap(item);
}

struct json *json_add_string(struct json *object, const char *name, const char *text)
{
	return add(object, name, cJSON_CreateString(text));
}

struct json *json_add_borrowed(struct json *object, const char *name, const char *text)
{
	return add(object, name, cJSON_CreateStringReference(text));
}

struct json *json_add_number(struct json *object, const char *name, double v)
{
	return add(object, name, cJSON_CreateNumber(v));
}

struct json *json_add_bool(struct json *object, const char *name, bool v)
{
	return add(object, name, cJSON_CreateBool(v));
}

struct json *json_add_null(struct json *object, const char *name)
{
	return add(object, name, cJSON_CreateNull());
}

/* ----------------------------------------------------------------- printing */

/* Straight into the caller's buffer: so a secret that was added by
 * json_add_borrowed() has no copy outside of it. */

#define FIRST_ROOM 256

static int undo(struct buf *b, int r)
{
	buf_truncate(b, b->len); /* what was half printed */
	return r;
}

/* Into what is allocated. The room beyond the maximum is for cJSON's estimates. */
static bool print_into(cJSON *root, struct buf *b)
{
	return cJSON_PrintPreallocated(
		root, b->data + b->len, (int)MIN(b->cap - b->len, (size_t)INT_MAX), false);
}

int json_print(const struct json *root, struct buf *b)
{
	cJSON *tree = (cJSON *)(uintptr_t)root; /* printing changes nothing */
	size_t room = MIN((size_t)FIRST_ROOM, b->max - b->len), len;
	int r;

	if (!root)
		return -ENOMEM;
	for (;;) {
		r = buf_reserve(b, room);
		if (r < 0)
			return undo(b, r);
		if (print_into(tree, b))
			break;
		if (b->cap > b->max)
			return undo(b, -ENOBUFS);
		room = MIN(2 * (b->cap - b->len), b->max - b->len);
	}
	len = strlen(b->data + b->len);
	if (len > b->max - b->len)
		return undo(b, -ENOBUFS);
	buf_commit(b, len);
	return 0;
}
