/* environ aside [NAME | NAME=VALUE]... -- COMMAND [ARG...]
 *   Runs a script of ours. It sees these variables and no others; all that the container has wait for `back`, except
 *   names that begin with ASSAY_ and are not among the NAMEs: only the operator has such names to give.
 * environ back [NAME]... -- COMMAND [ARG...]
 *   Runs what is not ours, in the environment that waits, with these variables as they are here.
 * environ bash [NAME]... -- BASH [ARG...]
 *   Runs a shell script of the user's. Variables remain, but none steers the shell: it reads no start-up file, takes
 *   over no function and no option. What -p leaves of them is removed, unless it is one of these NAMEs.
 *
 * Images, Secrets and agents set variables, and shells, loaders and other programs do what variables say: so ours run
 * without any. This is static for the same reason, and keeps every variable as it is, which no shell does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAITING 3 /* a file descriptor that no script of ours uses for anything else */
#define RESERVED "ASSAY_"
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* What bash takes from its environment although -p is given. */
static const char *const steering[] = {
	"PS4", "POSIXLY_CORRECT", "POSIX_PEDANTIC", "BASH_COMPAT", "BASH_LOADABLES_PATH", "BASH_XTRACEFD",
	"EXECIGNORE", "FUNCNEST", "GLOBSORT", "TMOUT", NULL,
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "assay-environ: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void *made(void *memory)
{
	if (!memory)
		fail("memory");
	return memory;
}

static size_t count(char *const *list)
{
	size_t n = 0;
	while (list[n])
		n++;
	return n;
}

/* How long the name of a variable is. */
static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

static int same_name(const char *a, const char *b)
{
	size_t length = name_length(a);
	return length == name_length(b) && !memcmp(a, b, length);
}

static int named(const char *variable, const char *const *names)
{
	size_t length = name_length(variable);
	for (; *names; names++)
		if (strlen(*names) == length && !memcmp(*names, variable, length))
			return 1;
	return 0;
}

/* Into a list with room for it, in place of one of the same name. */
static void set(char **list, char *variable)
{
	while (*list && !same_name(*list, variable))
		list++;
	if (!*list)
		list[1] = NULL;
	*list = variable;
}

static _Noreturn void become(char **command)
{
	execvp(*command, command);
	fprintf(stderr, "assay-environ: cannot run %s: %s\n", *command, strerror(errno));
	exit(errno == ENOENT ? 127 : 126); /* as shells and container engines say it */
}

static void put_aside(const char *const *names)
{
	int fd = memfd_create("environ", MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create("environ", MFD_ALLOW_SEALING);
	FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");
	if (!file)
		fail("cannot make a file in memory");
	for (char **variable = environ; *variable; variable++)
		if (strncmp(*variable, RESERVED, strlen(RESERVED)) || named(*variable, names))
			fwrite(*variable, strlen(*variable) + 1, 1, file);
	if (fflush(file) || ferror(file) || fclose(file))
		fail("cannot write to a file in memory");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) || dup2(fd, WAITING) < 0)
		fail("cannot keep a file in memory");
	if (fd != WAITING)
		close(fd);
}

static _Noreturn void aside(char **names, char **command)
{
	char **ours = made(calloc(count(names) + 1, sizeof *ours));
	put_aside((const char *const *)names); /* not what is ours alone */
	for (; *names; names++) {
		if ((*names)[name_length(*names)])
			set(ours, *names);
		else
			for (char **variable = environ; *variable; variable++)
				if (same_name(*variable, *names))
					set(ours, *variable);
	}
	environ = ours;
	become(command);
}

static _Noreturn void back(char **names, char **command)
{
	struct stat what;
	if (fcntl(WAITING, F_GET_SEALS) < 0 || fstat(WAITING, &what) || fcntl(WAITING, F_SETFD, FD_CLOEXEC))
		fail("no environment was set aside");
	size_t size = (size_t)what.st_size, length = 0;
	char *text = made(malloc(size + 1)), **theirs = made(calloc(size + count(names) + 1, sizeof *theirs));
	for (size_t at = 0; at < size;) {
		ssize_t got = pread(WAITING, text + at, size - at, (off_t)at);
		if (got <= 0)
			fail("cannot read the environment that was set aside");
		at += (size_t)got;
	}
	for (size_t at = 0; at < size; at += strlen(text + at) + 1)
		theirs[length++] = text + at;
	for (char **variable = environ; *variable; variable++)
		if (named(*variable, (const char *const *)names))
			set(theirs, *variable);
	environ = theirs;
	become(command);
}

static _Noreturn void bash(char **names, char **command)
{
	size_t length = 0, words = count(command);
	char **kept = made(calloc(count(environ) + 2, sizeof *kept)), **all = made(calloc(words + 2, sizeof *all));
	for (char **variable = environ; *variable; variable++)
		if (!named(*variable, steering) || named(*variable, (const char *const *)names))
			kept[length++] = *variable;
	environ = kept;
	/* Without it bash asks for its user's, by what /etc/nsswitch.conf names: libraries that may be the agent's. */
	if (!getenv("SHELL") && setenv("SHELL", *command, 1))
		fail("SHELL");
	all[0] = command[0];
	all[1] = "-p";
	memcpy(all + 2, command + 1, (words - 1) * sizeof *all);
	become(all);
}

int main(int argc, char **argv)
{
	int end = 2;
	while (end < argc && strcmp(argv[end], "--"))
		end++;
	if (end + 1 < argc) {
		argv[end] = NULL;
		if (!strcmp(argv[1], "aside"))
			aside(argv + 2, argv + end + 1);
		if (!strcmp(argv[1], "back"))
			back(argv + 2, argv + end + 1);
		if (!strcmp(argv[1], "bash"))
			bash(argv + 2, argv + end + 1);
	}
	fprintf(stderr, "usage: environ aside|back|bash [NAME | NAME=VALUE]... -- COMMAND [ARG...]\n");
	return 125;
}
