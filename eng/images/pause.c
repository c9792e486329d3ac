// The process that holds a pod's namespaces: waits, buries orphans, ends on SIGTERM.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void bury(int signal)
{
	(void)signal;
	while (waitpid(-1, 0, WNOHANG) > 0)
		;
}

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

int main(void)
{
	// As process 1 it gets only the signals it handles.
	signal(SIGTERM, end);
	signal(SIGINT, end);
	signal(SIGCHLD, bury);
	for (;;)
		pause();
}
