/* main.c - the program. */
#include <signal.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "sys/secret.h"

int main(int argc, char *argv[])
{
	secret_harden_process();
	terminal_secure_descriptors();
	/* A reader of our output that has gone is an error of write(), not a death. */
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow (ulimit -f) is told like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	return commands_main(argc, argv);
}
