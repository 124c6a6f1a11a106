/* secret_env.c - secrets from the environment, or from a file that it names. */
#include "cli/secret_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/log.h"

static void with_file_suffix(const char *variable, char dst[OPTION_VARIABLE_SIZE])
{
	static const char suffix[] = "_FILE";

	str_copy(dst, OPTION_VARIABLE_SIZE - sizeof(suffix) + 1, variable);
	memcpy(dst + strlen(dst), suffix, sizeof(suffix));
}

int secret_env_find(const struct option *o, struct secret_env *ret, struct error *reterr)
{
	struct secret_env e = {.is_header = !(o->traits & OPTION_NO_HEADER)};
	char file[OPTION_VARIABLE_SIZE];

	for (size_t i = 0; i < OPTION_VARIABLES && o->variables[i] && !*e.variable; i++) {
		bool is_plain = !str_empty(getenv(o->variables[i]));
		bool is_file;

		with_file_suffix(o->variables[i], file);
		is_file = !str_empty(getenv(file));
		if (is_plain && is_file)
			return error_set(reterr, -EINVAL, "%s and %s are both set: unset one",
				o->variables[i], file);
		if (is_plain || is_file)
			str_copy(e.variable, sizeof(e.variable), is_file ? file : o->variables[i]);
		e.is_file = is_file;
	}
	*ret = e;
	return 0;
}

/* A credential of systemd's shows a group that may read it when it is the unit's user
 * who may, by an ACL; nobody else gets into its folder. */
static bool is_of_systemd(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t len = folder ? strlen(folder) : 0;

	while (len > 0 && folder[len - 1] == '/')
		len--;
	return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       !strstr(path + len, "/..");
}

static int read_file(const struct secret_env *e, char *dst, struct error *reterr)
{
	const char *path = getenv(e->variable);
	struct error why;
	bool open_to_others = false;
	char shown[256];
	ssize_t len;

	len = file_read_secret(AT_FDCWD, path, dst, SECRET_VALUE_MAX, &open_to_others, &why);
	if (len < 0)
		return error_set(reterr, (int)len, "%s: %s", e->variable, why.text);
	dst[len] = '\0';
	if (open_to_others && !is_of_systemd(path))
		/* The name not before the path: redaction would take that for its value. */
		log_warn("'%s', which is named by %s, can be read by others: chmod 600 it",
			str_shown(shown, sizeof(shown), path), e->variable);
	return 0;
}

static int read_variable(const struct secret_env *e, char *dst, struct error *reterr)
{
	char *value = getenv(e->variable);
	size_t len = strlen(value);

	if (len > SECRET_VALUE_MAX)
		return error_set(reterr, -EINVAL, "%s is over %d bytes: set the right value",
			e->variable, SECRET_VALUE_MAX);
	memcpy(dst, value, len + 1);
	wipe(value, len);
	return 0;
}

static bool is_text(const char *secret)
{
	for (const char *p = secret; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return *secret && utf8_valid(secret, strlen(secret));
}

static int check(const struct secret_env *e, const char *secret, struct error *reterr)
{
	if (e->is_header ? str_visible_ascii(secret) : is_text(secret))
		return 0;
	if (e->is_header)
		return error_set(reterr, -EINVAL,
			"%s holds nothing, a blank, or another character that no header may "
			"carry: set it anew (its value is not shown)",
			e->variable);
	return error_set(reterr, -EINVAL,
		"%s holds nothing, a control character, or text that is not UTF-8: set it anew "
		"(its value is not shown)",
		e->variable);
}

int secret_env_read(
	const struct secret_env *e, struct secret_region *region, char **ret, struct error *reterr)
{
	char *secret;
	int r;

	secret = secret_take(region, SECRET_VALUE_MAX);
	if (!secret)
		return error_set(reterr, -ENOMEM, "no guarded memory for %s", e->variable);
	r = e->is_file ? read_file(e, secret, reterr) : read_variable(e, secret, reterr);
	if (r == 0)
		r = check(e, secret, reterr);
	if (r < 0) {
		secret_give(region, secret);
		return r;
	}
	*ret = secret;
	return 0;
}
