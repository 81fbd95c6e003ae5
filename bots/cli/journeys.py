"""`plaudit journeys enroll`: let a whole cohort set out on a journey, all of it or nobody."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Who is on the way to a badge of steps.", rich_markup_mode=None)


@app.command()
def enroll(
    badge: Annotated[str, typer.Argument(help="Name of the journey, or its reward_id.", show_default=False)],
    department: Annotated[list[str] | None, typer.Option("--department", help="Of this department.")] = None,
    group: Annotated[list[str] | None, typer.Option("--group", help="In this group.")] = None,
    job_code: Annotated[list[str] | None, typer.Option("--job-code", help="With this job code.")] = None,
    program: Annotated[list[str] | None, typer.Option("--program", help="In this program.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody who may have the badge.")] = False,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Say who would set out, and write nothing.")] = False,
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Id or name; needed only where there are several.")
    ] = None,
) -> None:
    """Let a cohort set out on a journey. Several values of one option widen it, several options narrow it.

    Example: plaudit journeys enroll Onboarding --department Sales --department Support --job-code AE --dry-run
    """
    from bots.cli import edge, enrolling

    filters = {"departments": department, "groups": group, "job_codes": job_code, "programs": program}
    chosen = {name: tuple(values) for name, values in filters.items() if values}
    raise typer.Exit(
        edge.run(
            lambda configured, sessions: enrolling.enroll(
                sessions,
                badge,
                chosen,
                everybody=everybody,
                is_dry_run=is_dry_run,
                workspace=workspace,
                functions=configured.functions,
            )
        )
    )
