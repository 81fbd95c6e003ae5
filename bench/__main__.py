"""python -m bench NAME: one line for each figure; exit code 1 if one falls short of its goal."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from inspect import signature

from bench.figures import Figure

BENCHES = {
    "activities": "recording activities in batches of 1,000, against COPY and one upsert (at least 0.5)",
    "cards": "a leaderboard card on all four surfaces (at most 0.5 ms)",
    "campaign": "a vote against the bare guarded write (at most 3), a tally against one by hand (at most 1.5)",
    "draw": "a draw of ten among a million, sealed and proven, against reading them once (at most 3)",
    "kudos": "giving kudos at 16 connections, against one raw statement (at least 0.3)",
    "leaderboard": "pages, ranks and writes of a million members (at most 3, 20 and 2.5 times their limits)",
    "rules": "rules over 1,000,000 members, against the same by hand, one by one, and a bare insert (see its file)",
    "teams": "a signed Teams message, stored and acknowledged, against stock botbuilder (at least 10)",
    "telegram": "a Telegram update, stored and acknowledged, against bare process_update (at least 0.5)",
    "webhook": "a signed Slack command, done and answered, against bare slack-bolt (at least 0.4)",
}
EPILOG = """examples:
  python -m bench kudos           figures for people
  python -m bench kudos --json    one JSON object a line
  python -m bench --list          what there is
  make bench ARGS="kudos"         the same in the project's environment

A ratio compares with a limit that is measured in the same run, so that it holds on any machine; what the limit does is
told at the top of bench/NAME.py. Close other programs first: two cores are enough, but they should be free.
Exit codes: 0 every goal holds, 1 one falls short, 2 called wrongly."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure what Plaudit claims about its speed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", dest="is_json", help="one JSON object for each figure")
    parser.add_argument("--list", action="store_true", dest="is_list", help="list the benches and exit")
    parser.add_argument("--members", type=int, help="how big the company of `rules` is; a million unless set")
    asked = parser.parse_args(arguments)
    if asked.is_list:
        print("\n".join(f"{name:12} {about}" for name, about in BENCHES.items()))
        return 0
    if not asked.names or set(asked.names) - set(BENCHES):
        unknown = ", ".join(sorted(set(asked.names) - set(BENCHES)))
        parser.error(f"there is no bench called {unknown}; try --list" if unknown else "name a bench; try --list")
    figures = [figure for name in asked.names for figure in _run(name, members=asked.members, is_json=asked.is_json)]
    return 0 if all(figure.holds for figure in figures) else 1


def _run(name: str, *, members: int | None, is_json: bool) -> list[Figure]:
    run: Callable[..., list[Figure]] = importlib.import_module(f"bench.{name}").run
    figures = run(members) if members and "members" in signature(run).parameters else run()
    for figure in figures:
        print(figure.as_json() if is_json else figure.as_line(), flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
