"""The command `matcher`: its sub-commands in the order of the path, and how each failure becomes one line.

Exit status 0 done, 1 a rule or check failed, 2 wrong use. Messages go to stderr, data to stdout. A sub-command's module
is imported when it runs, so that `matcher --help` does not wait for scikit-learn.
"""

import gc
import importlib
import io
import os
import sys

import click

COMMANDS = {
    "demo": "demo",
    "match": "pairs",
    "rank": "pairs",
    "explain": "pairs",
    "groups": "groups",
    "evaluate": "evaluate",
    "learn": "learn",
    "assign": "assign",
    "partition": "partition",
    "verify": "verify",
    "serve": "server",
    "work": "server",
    "bounces": "bounces",
    "round": "programme",
    "coordinator": "programme",
    "import": "people",
    "export": "people",
    "erase": "people",
    "backup": "keeping",
    "restore": "keeping",
    "doctor": "keeping",
}
"""Each sub-command and the module of this package that holds it."""


class Commands(click.Group):
    """Finds a sub-command in its module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the path."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called `name`, imported now; None when there is none."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"matcher.cli.{COMMANDS[name]}")
        command = getattr(module, f"{name}_command")
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="mentorship-matcher", prog_name="matcher")
def matcher() -> None:
    """Mentor pairings and collaboration groups for people who help others in crisis.

    \b
    Two spreadsheets and no server:   matcher match people.csv -o pairs.csv
    The whole product on sample data: matcher demo
    """


class CommandError(Exception):
    """Ends a command with one line on stderr and an exit status (1 a check failed, 2 wrong use)."""

    def __init__(self, sentence: str, status: int = 2) -> None:
        super().__init__(sentence)
        self.status = status


def run(arguments: list[str] | None = None) -> int:
    """Runs one command line and returns its exit status; every expected failure is one line on stderr."""
    try:
        status = matcher.main(arguments, prog_name="matcher", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as asked_nothing:
        asked_nothing.show()
        return 2
    except click.ClickException as error:
        return _say(_in_one_line(error), 2)
    except CommandError as error:
        return _say(str(error), error.status)
    except BrokenPipeError:
        # The reader went away (`matcher rank … | head`): nothing left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _say("stopped; nothing was written half", 130)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else "reading or writing failed: "
        return _say(f"{where}{error.strerror or error}", 2)
    except MemoryError:
        return _say("this needs more memory than the machine has; try with fewer people", 2)
    except Exception as error:
        # What somebody can mend says so of itself; everything else is ours, and rises.
        if not getattr(error, "for_people", False):
            raise
        return _say(str(error), 2)


def _in_one_line(error: click.ClickException) -> str:
    """What was typed wrongly, and where to read how it is done."""
    sentence = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    stop = "" if sentence.endswith((".", "?")) else "."
    return f"{sentence}{stop} See {context.command_path if context else 'matcher'} --help"


def _say(sentence: str, status: int) -> int:
    print(f"matcher: {sentence}", file=sys.stderr)
    return status


def main() -> None:
    """The console script."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (`matcher rank people.csv >&-`)
            setattr(sys, name, io.StringIO())
    # Commands make many objects that last and hardly a cycle; looking for one every 700 took a tenth of match.
    gc.set_threshold(200_000, 20, 20)
    # What is large brings threads of its own; those of BLAS only wait for each other, which took a tenth of match.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run())
