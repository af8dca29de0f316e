/* The only program of the tests' images. Static and small, so that it lives as short as a process can.
 *
 * actor pause            waits for its end, as the first process of a pod does
 * actor read FILE        opens a file, and ends
 * actor repeat N FILE    makes N children one after the other that open a file and end at once
 * actor await FILE       opens a file whenever it gets SIGUSR1
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

/* The file need not be there: the attempt is what is seen. */
static void look_at(const char *path)
{
	int descriptor = open(path, O_RDONLY);
	if (descriptor >= 0)
		close(descriptor);
}

/* Does nothing: the signal only has to end the pause. */
static void wake(int signal)
{
	(void)signal;
}

int main(int count, char **arguments)
{
	if (count == 2 && strcmp(arguments[1], "pause") == 0) {
		signal(SIGTERM, end);
		signal(SIGINT, end);
		signal(SIGCHLD, SIG_IGN);
		for (;;)
			pause();
	}
	if (count == 3 && strcmp(arguments[1], "read") == 0) {
		look_at(arguments[2]);
		return 0;
	}
	if (count == 4 && strcmp(arguments[1], "repeat") == 0) {
		for (int left = atoi(arguments[2]); left > 0; left--) {
			pid_t child = fork();
			if (child == 0) {
				execl("/actor", "actor", "read", arguments[3], (char *)0);
				_exit(1);
			}
			waitpid(child, 0, 0);
		}
		return 0;
	}
	if (count == 3 && strcmp(arguments[1], "await") == 0) {
		sigset_t wanted, usual;
		sigemptyset(&wanted);
		sigaddset(&wanted, SIGUSR1);
		/* Blocked but during the wait, or one could come between two waits and be lost. */
		sigprocmask(SIG_BLOCK, &wanted, &usual);
		signal(SIGUSR1, wake);
		signal(SIGTERM, end);
		for (;;) {
			sigsuspend(&usual);
			look_at(arguments[2]);
		}
	}
	return 2;
}
