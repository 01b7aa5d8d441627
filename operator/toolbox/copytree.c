/* copytree [-x PATH]... SRC DST
 *
 * Copies the directory SRC, with owners, modes, times, extended attributes, holes and the hard links within it, to DST,
 * which may hold an earlier copy that was cut off. What is mounted below SRC, and every PATH (absolute), becomes an
 * empty file or directory: a place for the same mount. Sockets, and devices where they are not allowed, are left out.
 * Exit code 1 and `copytree: [disk full: ]PATH: reason` as the last line on stderr when anything cannot be copied.
 *
 * A program of our own because busybox' cp keeps no extended attributes (file capabilities) and images need have no cp.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <mntent.h>
#include <search.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHUNK (1 << 20)

struct file { /* one of several names, and its first name in the copy */
	dev_t device;
	ino_t inode;
	char path[];
};

static void *skipped; /* paths to leave empty */
static void *linked; /* struct file */

static _Noreturn void fail(const char *path)
{
	const char *full = errno == ENOSPC || errno == EDQUOT ? "disk full: " : "";
	fprintf(stderr, "copytree: %s%s: %s\n", full, path, strerror(errno));
	exit(1);
}

static void check(int result, const char *path)
{
	if (result < 0)
		fail(path);
}

static void *kept(void *memory)
{
	if (!memory)
		fail("memory");
	return memory;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int by_inode(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct file, path)); /* any order will do */
}

static void skip(const char *path)
{
	kept(tsearch(kept(strdup(path)), &skipped, by_text));
}

static void skip_mounts(void)
{
	FILE *list = setmntent("/proc/self/mounts", "re");
	if (!list)
		fail("/proc/self/mounts");
	for (struct mntent *mount; (mount = getmntent(list));)
		skip(mount->mnt_dir);
	endmntent(list);
}

/* Attributes that the kernel makes by itself (labels), or that the disk has no place for, are not worth a failure. */
static void copy_attributes(const char *from, const char *to)
{
	static char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
	ssize_t length = llistxattr(from, names, sizeof names);
	if (length < 0 && errno != ENOTSUP)
		fail(from);
	for (char *name = names; name < names + length; name += strlen(name) + 1) {
		ssize_t size = lgetxattr(from, name, value, sizeof value);
		if (size >= 0 && !lsetxattr(to, name, value, (size_t)size, 0))
			continue;
		if (errno == ENOSPC || errno == EDQUOT)
			fail(to);
		if (strcmp(name, "security.selinux"))
			fprintf(stderr, "copytree: note: %s: without its attribute %s: %s\n", to, name, strerror(errno));
	}
}

/* In this order: a change of the owner takes setuid bits and file capabilities away. */
static void copy_metadata(const char *from, const char *to, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	check(lchown(to, st->st_uid, st->st_gid), to);
	copy_attributes(from, to);
	if (!S_ISLNK(st->st_mode))
		check(chmod(to, st->st_mode & 07777), to);
	check(utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW), to);
}

static void copy_range(int in, int out, off_t from, off_t end, const char *path, const char *to)
{
	static char buffer[CHUNK];
	while (from < end) {
		off_t offset = from;
		size_t most = (size_t)(end - from < CHUNK ? end - from : CHUNK);
		ssize_t done = copy_file_range(in, &from, out, &offset, most, 0);
		if (done > 0)
			continue;
		if (done < 0 && (errno == ENOSPC || errno == EDQUOT))
			fail(to);
		/* Not between these two file systems, or not for this file. */
		ssize_t got = pread(in, buffer, most, from);
		check((int)got, path);
		if (!got)
			return; /* it has become shorter */
		for (ssize_t put = 0; put < got; put += done) {
			done = pwrite(out, buffer + put, (size_t)(got - put), from + put);
			check((int)done, to);
		}
		from += got;
	}
}

static void copy_file(const char *from, const char *to, const struct stat *st, int empty)
{
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	check(out, to);
	if (!empty) {
		int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		check(in, from);
		if (ioctl(out, FICLONE, in)) {
			off_t data, hole = 0;
			while (hole < st->st_size && (data = lseek(in, hole, SEEK_DATA)) >= 0) {
				hole = lseek(in, data, SEEK_HOLE);
				check(hole < 0 ? -1 : 0, from);
				copy_range(in, out, data, hole, from, to);
			}
			if (hole < st->st_size && errno != ENXIO) /* ENXIO: no more data; EINVAL: no such thing as holes here */
				copy_range(in, out, 0, st->st_size, from, to);
			check(ftruncate(out, st->st_size), to);
		}
		close(in);
	}
	check(close(out), to);
}

/* Whether the file was there already under another name; else this one is kept for the next. */
static int link_again(const char *to, const struct stat *st)
{
	struct file *file = kept(malloc(sizeof *file + strlen(to) + 1));
	file->device = st->st_dev;
	file->inode = st->st_ino;
	strcpy(file->path, to);
	const struct file *first = *(struct file **)kept(tsearch(file, &linked, by_inode));
	if (first == file)
		return 0;
	free(file);
	check(link(first->path, to), to);
	return 1;
}

static void copy_node(const char *from, const char *to);

static void copy_directory(const char *from, const char *to, const struct stat *st, int empty)
{
	struct stat there;
	struct dirent **entries = NULL;
	if (!lstat(to, &there) && !S_ISDIR(there.st_mode))
		check(unlink(to), to);
	if (mkdir(to, 0700) && errno != EEXIST)
		fail(to);
	int count = empty ? 0 : scandir(from, &entries, NULL, NULL);
	check(count, from);
	for (int i = 0; i < count; free(entries[i]), i++) {
		char *source, *target, *name = entries[i]->d_name;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		check(asprintf(&source, "%s/%s", from + !strcmp(from, "/"), name), from);
		check(asprintf(&target, "%s/%s", to, name), to);
		if (strlen(source) < PATH_MAX && strlen(target) < PATH_MAX)
			copy_node(source, target);
		else
			fprintf(stderr, "copytree: note: %.200s...: left out, its path is too long\n", source);
		free(source);
		free(target);
	}
	free(entries);
	copy_metadata(from, to, st);
}

static void copy_node(const char *from, const char *to)
{
	static char text[PATH_MAX];
	int empty = tfind(from, &skipped, by_text) != NULL;
	struct stat st;
	check(lstat(from, &st), from);
	if (S_ISDIR(st.st_mode))
		return copy_directory(from, to, &st, empty);
	if (unlink(to) && errno != ENOENT)
		fail(to);
	if (S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "copytree: note: %s: a socket, left out\n", from);
		return;
	}
	if (!empty && st.st_nlink > 1 && link_again(to, &st))
		return;
	if (S_ISREG(st.st_mode)) {
		copy_file(from, to, &st, empty);
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlink(from, text, sizeof text - 1);
		check((int)length, from);
		text[length] = 0;
		check(symlink(text, to), to);
	} else if (mknod(to, st.st_mode, st.st_rdev)) {
		if (errno != EPERM)
			fail(to);
		fprintf(stderr, "copytree: note: %s: a device, left out: not allowed here\n", from);
		return;
	}
	copy_metadata(from, to, &st);
}

int main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "x:")) == 'x')
		skip(optarg);
	if (option != -1 || argc - optind != 2)
		return fprintf(stderr, "usage: copytree [-x PATH]... SRC DST\n"), 1;
	skip_mounts();
	const char *source = realpath(argv[optind], NULL);
	struct stat st;
	if (!source || stat(source, &st))
		fail(argv[optind]);
	copy_directory(source, argv[optind + 1], &st, 0);
	return 0;
}
