#include "cli/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"

static atomic_int cancel;

const command *const cli_commands[] = { &cmd_run, &cmd_check, &cmd_plan, &cmd_inspect, &cmd_peek,       &cmd_stats,
                                        &cmd_why, &cmd_test,  &cmd_diff, &cmd_state,   &cmd_completion, NULL };

/* ---- the process ---- */

static void on_signal(int number) { atomic_store(&cancel, number); }

/* The first signal asks the run to stop; a second one of its kind finds the default action and ends the process at
 * once. */
static void set_signals(void)
{
    static const int stop[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction a = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigemptyset(&a.sa_mask);
    sigemptyset(&ignore.sa_mask);
    for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
        if (sigaction(stop[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* ignored: nohup */
            sigaction(stop[i], &a, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a write that fails says so */
    sigaction(SIGXFSZ, &ignore, NULL);
}

/* Started with a standard stream closed, the next file opened would take its number and be written into. */
static void keep_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
            exit(EXIT_INTERNAL);
}

static bool wants_color(int fd, uint32_t when)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    return !(no && *no) && isatty(fd) && !(term && !strcmp(term, "dumb"));
}

/* ---- help ---- */

static void usage(FILE *to)
{
    fputs("sluice streams compressed text corpora through plugins and keeps the gold.\n\n"
          "  sluice COMMAND [operands] [flags]\n\n",
          to);
    for (const command *const *c = cli_commands; *c; c++)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("  help       this text, or 'sluice help COMMAND'\n"
          "  version    versions of the program and of the plugin interface\n\n"
          "exit codes   0 done   64 usage   65 too many bad documents   70 internal   74 input or output\n"
          "             75 try again (another run is under way, or this one was stopped)   78 configuration\n",
          to);
}

static const command *find_command(const char *name)
{
    for (const command *const *c = cli_commands; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[16];
    size_t n = 0;
    for (const command *const *c = cli_commands; *c; c++)
        names[n++] = (*c)->name;
    names[n++] = "help";
    names[n++] = "version";
    const char *guess = str_suggest(name, names, n);
    fprintf(stderr, "sluice: there is no command '%s'", name);
    if (guess)
        fprintf(stderr, "; did you mean '%s'?", guess);
    fputs("\ntry 'sluice help'\n", stderr);
    return EXIT_USAGE;
}

static int print_help(const command *c)
{
    sbuf text = { 0 };
    args_help(c, &text);
    fputs(sbuf_z(&text), stdout);
    const int r = text.failed ? EXIT_INTERNAL : 0;
    sbuf_free(&text);
    return r;
}

static int print_version(void)
{
    printf("sluice %s (plugin interface %u.%u)\n", SLUICE_VERSION, SL_ABI_MAJOR, SL_ABI_MINOR);
    return 0;
}

/* ---- one command ---- */

static int run_command(const command *what, int argc, char **argv)
{
    cli c = { .command = what, .cancel = &cancel };
    int code;
    arena_init(&c.mem, 4096);
    diags_init(&c.d);
    const bool good = args_parse(&c.a, &c.mem, &c.d, what, argc, argv);
    c.color_err = wants_color(STDERR_FILENO, c.a.color);
    c.color_out = wants_color(STDOUT_FILENO, c.a.color);
    log_state = (log_sink){ .to = stderr, .level = c.a.quiet ? LOG_ERROR : (int)c.a.log_level, .color = c.color_err };
    if (!good) {
        code = c.d.nomem ? EXIT_INTERNAL : EXIT_USAGE;
        cli_print_diags(&c, NULL);
        fprintf(stderr, "try 'sluice %s --help'\n", what->name);
    } else {
        code = c.a.help ? print_help(what) : what->run(&c);
        cli_print_diags(&c, NULL);
    }
    if (c.planned)
        plan_free(&c.plan);
    if (c.loaded)
        pipeline_free(&c.file);
    registry_free(c.reg);
    diags_free(&c.d);
    arena_free(&c.mem);
    return code;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(name, "--version") || !strcmp(name, "version"))
        return print_version();
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
        if (argc < 3) {
            usage(stdout);
            return 0;
        }
        const command *c = find_command(argv[2]);
        return c ? print_help(c) : unknown_command(argv[2]);
    }
    const command *c = find_command(name);
    return c ? run_command(c, argc - 2, argv + 2) : unknown_command(name);
}

/* Whoever read standard output has gone, as `head` does. A failed write earlier on has lost its errno by now. */
static bool nobody_reads(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    if (!setlocale(LC_CTYPE, "C.UTF-8")) /* for the width of characters; nothing else depends on the locale */
        setlocale(LC_CTYPE, "C.utf8");
    set_signals();
    const int code = dispatch(argc, argv);
    errno = 0;
    if ((fflush(stdout) || ferror(stdout)) && code == 0) {
        const int why = errno;
        if (!nobody_reads()) /* whoever stopped reading knows */
            fprintf(stderr, "sluice: cannot write to standard output%s%s\n", why ? ": " : "", why ? strerror(why) : "");
        return EXIT_IO;
    }
    return code;
}
