/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands. Each gets its own argv, argv[0] being "gcscope NAME"; returns an exit status. */
#ifndef GCSCOPE_COMMANDS_H
#define GCSCOPE_COMMANDS_H

int command_run(int argc, char **argv);
int command_attach(int argc, char **argv);
int command_export(int argc, char **argv);
int command_list(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_events(int argc, char **argv);

#endif
