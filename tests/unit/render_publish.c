/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "render/publish.h"
#include "test_random.h"

/* Each test has a directory of its own, and works in it. */
static int enter_directory(void **state)
{
	char template[] = "/tmp/gcscope-publish-XXXXXX";

	if (!mkdtemp(template) || chdir(template))
		return -1;
	*state = strdup(template);
	return 0;
}

static unsigned entries(void)
{
	DIR *directory = opendir(".");
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(directory)))
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(directory);
	return count;
}

static int leave_directory(void **state)
{
	DIR *directory = opendir(".");
	struct dirent *entry;

	while ((entry = readdir(directory)))
		unlinkat(AT_FDCWD, entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	closedir(directory);
	if (chdir("/") || rmdir(*state))
		return -1;
	free(*state);
	return 0;
}

static int publish(const char *path, mode_t mode, const char *text)
{
	struct publication publication;

	if (publication_open(&publication, path, mode))
		return -1;
	fputs(text, publication.stream);
	return publication_commit(&publication);
}

static void write_plainly(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *path, const char *expected)
{
	char text[256] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static mode_t mode_of(const char *path)
{
	struct stat file;

	assert_int_equal(lstat(path, &file), 0);
	return file.st_mode & 07777;
}

static void test_new_and_again(void **state)
{
	(void)state;
	assert_int_equal(publish("a.prom", 0644, "first\n"), 0);
	assert_holds("a.prom", "first\n");
	assert_int_equal(publish("a.prom", 0644, "2\n"), 0);
	assert_holds("a.prom", "2\n");
	assert_int_equal(entries(), 1);
}

static void test_the_mode(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	assert_int_equal(publish("asked", 0644, ""), 0);
	assert_int_equal(publish("free", 0, ""), 0);
	umask(mask);
	assert_int_equal(mode_of("asked"), 0644);
	assert_int_equal(mode_of("free"), 0600);
}

/* Until the commit, readers see the old text and node_exporter no second file. */
static void test_nothing_shows_before_the_commit(void **state)
{
	struct publication publication;
	DIR *directory;
	struct dirent *entry;

	(void)state;
	write_plainly("a.prom", "old\n");
	assert_int_equal(publication_open(&publication, "a.prom", 0644), 0);
	fputs("new\n", publication.stream);
	fflush(publication.stream);
	assert_holds("a.prom", "old\n");
	directory = opendir(".");
	while ((entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);

		if (strcmp(entry->d_name, "a.prom") && length > 5)
			assert_string_not_equal(entry->d_name + length - 5, ".prom");
	}
	closedir(directory);
	publication_abandon(&publication);
	assert_holds("a.prom", "old\n");
	assert_int_equal(entries(), 1);
}

static void test_a_link_stays_a_link(void **state)
{
	char target[64] = "";

	(void)state;
	assert_int_equal(mkdir("there", 0755), 0);
	write_plainly("there/real", "old\n");
	assert_int_equal(symlink("there/real", "link"), 0);
	assert_int_equal(publish("link", 0644, "new\n"), 0);
	assert_true(readlink("link", target, sizeof(target)) > 0);
	assert_string_equal(target, "there/real");
	assert_holds("there/real", "new\n");
	unlink("there/real");
}

/*
 * What is no regular file keeps its place. A terminal stands for all devices: a
 * publisher that were wrong could not replace one, as it could /dev/null.
 */
static void test_a_terminal_is_written_directly(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	char text[16] = "";

	(void)state;
	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	assert_int_equal(publish(ptsname(terminal), 0644, "seen"), 0);
	assert_int_equal(read(terminal, text, sizeof(text)), 4);
	assert_string_equal(text, "seen");
	close(terminal);
	assert_int_equal(entries(), 0);
}

static void test_a_pipe_is_written_directly(void **state)
{
	char text[16] = "";
	int fd;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK);
	assert_int_equal(publish("pipe", 0644, "through\n"), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 8);
	assert_string_equal(text, "through\n");
	close(fd);
	assert_int_equal(mode_of("pipe"), 0600);
	assert_int_equal(entries(), 1);
}

static void test_a_reader_that_has_left(void **state)
{
	struct publication publication;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK);
	assert_int_equal(publication_open(&publication, "pipe", 0644), 0);
	close(fd);
	fputs("lost\n", publication.stream);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(publication_commit(&publication), -1);
	assert_int_equal(errno, EPIPE);
	signal(SIGPIPE, SIG_DFL);
	assert_string_equal(publication.error, "cannot write to pipe: Broken pipe");
}

/* "command -o /dev/stdout >file": what the program itself printed there stays. */
static void test_our_own_output_is_added_to(void **state)
{
	int saved = dup(STDOUT_FILENO), fd;
	int status;

	(void)state;
	fflush(stdout);
	fd = open("log", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "before\n", 7), 7);
	dup2(fd, STDOUT_FILENO);
	status = publish("/dev/stdout", 0644, "report\n");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(status, 0);
	assert_holds("log", "before\nreport\n");
	assert_int_equal(entries(), 1);
}

static void assert_refused(const char *path, int error, const char *sentence)
{
	struct publication publication;

	errno = 0;
	assert_int_equal(publication_open(&publication, path, 0644), -1);
	assert_int_equal(errno, error);
	assert_string_equal(publication.error, sentence);
}

static void test_what_cannot_be_written(void **state)
{
	char name[NAME_MAX + 1];

	(void)state;
	assert_refused("none/a.prom", ENOENT,
		       "cannot open the directory of none/a.prom: No such file or directory");
	assert_refused(".", EISDIR, "cannot write to .: Is a directory");
	assert_refused("none/", ENOENT,
		       "cannot open the directory of none/: No such file or directory");
	assert_refused("", ENOENT, "cannot write to : No such file or directory");
	write_plainly("file", "");
	assert_refused("file/a", ENOTDIR, "cannot write to file/a: Not a directory");
	memset(name, 'x', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_int_equal(publish(name, 0644, ""), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(entries(), 1);
}

static void test_no_permission(void **state)
{
	pid_t child;
	int status;

	(void)state;
	write_plainly("a.prom", "old\n");
	assert_int_equal(chmod(".", 0555), 0);
	child = fork();
	if (child == 0) {
		struct publication publication;

		if (geteuid() == 0 && setuid(65534))
			_exit(2);
		if (publication_open(&publication, "a.prom", 0644) != -1 || errno != EACCES)
			_exit(3);
		_exit(!strstr(publication.error, "/a.prom: Permission denied"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_holds("a.prom", "old\n");
}

/* A disk without room, played by a limit on file sizes: the old file stays, whole and alone. */
static void test_a_full_disk(void **state)
{
	struct rlimit before, small;
	struct publication publication;

	(void)state;
	write_plainly("a.prom", "old\n");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 10000;
	assert_int_equal(publication_open(&publication, "a.prom", 0644), 0);
	setrlimit(RLIMIT_FSIZE, &small);
	for (unsigned i = 0; i < 20000; i++)
		fputs("new\n", publication.stream);
	assert_int_equal(publication_commit(&publication), -1);
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	assert_non_null(strstr(publication.error, "a.prom: File too large"));
	assert_holds("a.prom", "old\n");
	assert_int_equal(entries(), 1);
}

static pid_t gone_pid(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	return child;
}

/* What dead writers of this file left goes; other files and living writers' stay. */
static void test_leftovers(void **state)
{
	char dead[64], living[64], ours[64];

	(void)state;
	snprintf(dead, sizeof(dead), ".a.prom.%d.tmp", gone_pid());
	snprintf(living, sizeof(living), ".a.prom.%d.tmp", getppid());
	snprintf(ours, sizeof(ours), ".a.prom.%d.tmp", getpid());
	write_plainly(dead, "half");
	write_plainly(living, "half");
	write_plainly(ours, "half, of an earlier life");
	write_plainly(".b.prom.1000000000.tmp", "another file's");
	write_plainly(".a.prom.x.tmp", "no pid");
	write_plainly(".a.prom.1000000000", "another name");
	assert_int_equal(publish("a.prom", 0644, "new\n"), 0);
	assert_int_equal(access(dead, F_OK), -1);
	assert_int_equal(access(ours, F_OK), -1);
	assert_int_equal(access(living, F_OK), 0);
	assert_int_equal(access(".b.prom.1000000000.tmp", F_OK), 0);
	assert_int_equal(access(".a.prom.x.tmp", F_OK), 0);
	assert_int_equal(access(".a.prom.1000000000", F_OK), 0);
	assert_holds("a.prom", "new\n");
}

#define LINES 5000

/* Texts of 1 to LINES lines, each line telling how many there are. */
static void publish_for_ever(void)
{
	struct publication publication;

	for (unsigned lines = 1;; lines = lines * 7 % LINES + 1) {
		if (publication_open(&publication, "a.prom", 0644))
			_exit(1);
		for (unsigned i = 0; i < lines; i++)
			fprintf(publication.stream, "%u\n", lines);
		if (publication_commit(&publication))
			_exit(1);
	}
}

/* A text of publish_for_ever, and all of it. */
static void assert_whole(void)
{
	FILE *file = fopen("a.prom", "r");
	unsigned told, lines = 0, first = 0;

	assert_non_null(file);
	while (fscanf(file, "%u\n", &told) == 1) {
		first = first ? first : told;
		assert_int_equal(told, first);
		lines++;
	}
	fclose(file);
	assert_true(first > 0);
	assert_int_equal(lines, first);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Readers never see half a file, while it is rewritten, and whenever its writer is killed. */
static void test_killed_at_any_time(void **state)
{
	(void)state;
	assert_int_equal(publish("a.prom", 0644, "1\n"), 0);
	for (unsigned round = 0; round < 40; round++) {
		uint64_t until = milliseconds() + random_below(25);
		pid_t child = fork();
		int status;

		if (child == 0)
			publish_for_ever();
		do
			assert_whole();
		while (milliseconds() < until);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_whole();
	}
	assert_int_equal(publish("a.prom", 0644, "1\n"), 0);
	assert_int_equal(entries(), 1); /* with what the killed ones left behind removed */
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_new_and_again),
		IN_DIRECTORY(test_the_mode),
		IN_DIRECTORY(test_nothing_shows_before_the_commit),
		IN_DIRECTORY(test_a_link_stays_a_link),
		IN_DIRECTORY(test_a_terminal_is_written_directly),
		IN_DIRECTORY(test_a_pipe_is_written_directly),
		IN_DIRECTORY(test_a_reader_that_has_left),
		IN_DIRECTORY(test_our_own_output_is_added_to),
		IN_DIRECTORY(test_what_cannot_be_written),
		IN_DIRECTORY(test_no_permission),
		IN_DIRECTORY(test_a_full_disk),
		IN_DIRECTORY(test_leftovers),
		IN_DIRECTORY(test_killed_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
