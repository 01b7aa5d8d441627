/* drop UID GID GROUP[,GROUP...] COMMAND [ARG...]
 *
 * Becomes that user, to whom stdin, stdout and stderr then belong, keeps only the capabilities any ordinary container
 * has, and runs the command.
 *   ASSAY_PIDS_MAX (4096)   processes and threads that user may have; 0: whatever the limit is already
 *
 * A static program of our own instead of util-linux' setpriv, because it runs with CAP_SYS_ADMIN inside a root
 * file system the agent may have changed: a dynamic program would load what /etc/ld.so.preload, /etc/ld.so.cache
 * or /etc/nsswitch.conf name there and so hand CAP_SYS_ADMIN to the agent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (1ULL << (cap))
#define MAX_GROUPS 1024
#define PIDS_MAX "4096"

/* What container engines grant by default. An allow-list: capabilities of later kernels are dropped too. */
static const unsigned long long ordinary =
	BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) |
	BIT(CAP_SETUID) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) |
	BIT(CAP_MKNOD) | BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);

static void fail(const char *what)
{
	fprintf(stderr, "assay-drop: %s: %s\n", what, strerror(errno));
	exit(125);
}

static unsigned int number(const char *text, char **end)
{
	errno = 0;
	unsigned long value = strtoul(text, end, 10);
	if (errno || *end == text || *text < '0' || *text > '9' || value >= 0xffffffffUL) {
		errno = EINVAL;
		fail(text);
	}
	return (unsigned int)value;
}

static unsigned int whole_number(const char *text)
{
	char *end;
	unsigned int value = number(text, &end);
	if (*end) {
		errno = EINVAL;
		fail(text);
	}
	return value;
}

static void set_groups(const char *list)
{
	gid_t groups[MAX_GROUPS];
	size_t count = 0;
	char *end;
	for (;; list = end + 1) {
		if (count == MAX_GROUPS) {
			errno = E2BIG;
			fail("groups");
		}
		groups[count] = number(list, &end);
		count++;
		if (*end != ',')
			break;
	}
	if (*end) {
		errno = EINVAL;
		fail(list);
	}
	if (setgroups(count, groups))
		fail("setgroups");
}

/* The bounding set is what setuid-root programs and root itself can get back by exec; the other sets are what
 * we hold now. PR_CAPBSET_READ fails behind the last capability of the kernel. */
static void drop_capabilities(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(ordinary & BIT(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			fail("bounding set");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		fail("ambient set");
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{0}};
	if (syscall(SYS_capget, &header, data))
		fail("capget");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (unsigned int)(ordinary >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data))
		fail("capset");
}

/* A program that opens its /dev/stdout or /dev/stderr again opens the pipe anew, and may only if it is its user's.
 * Container engines see to that for the user they start a container as. Whatever else it is stays whose it is. */
static void own_stdio(uid_t uid)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct stat what;
		int pipe_or_terminal = !fstat(fd, &what) && (S_ISFIFO(what.st_mode) || isatty(fd));
		if (pipe_or_terminal && fchown(fd, uid, (gid_t)-1))
			errno = 0; /* not ours to give: only opening it again is denied then */
	}
}

/* For an agent that forks for ever. Counted per user and user namespace, so each pod that has one counts for
 * itself, and even its root is bound: only the root of the host is not. */
static void limit_processes(void)
{
	const char *text = getenv("ASSAY_PIDS_MAX");
	rlim_t most = whole_number(text ? text : PIDS_MAX);
	unsetenv("ASSAY_PIDS_MAX");
	struct rlimit limit;
	if (!most)
		return;
	if (getrlimit(RLIMIT_NPROC, &limit))
		fail("getrlimit");
	if (limit.rlim_cur > most)
		limit.rlim_cur = most;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	if (setrlimit(RLIMIT_NPROC, &limit))
		fail("setrlimit");
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: drop UID GID GROUP[,GROUP...] COMMAND [ARG...]\n");
		return 125;
	}
	uid_t uid = whole_number(argv[1]);
	gid_t gid = whole_number(argv[2]);
	own_stdio(uid);
	limit_processes();
	drop_capabilities();
	set_groups(argv[3]);
	if (setresgid(gid, gid, gid))
		fail("setresgid");
	/* Leaving uid 0 clears the permitted and effective sets, as it does in any container with a USER. */
	if (setresuid(uid, uid, uid))
		fail("setresuid");
	execvp(argv[4], argv + 4);
	fprintf(stderr, "assay-drop: cannot run %s: %s\n", argv[4], strerror(errno));
	return errno == ENOENT ? 127 : 126; /* as shells and container engines say it */
}
