"""`archgen doctor`: what this machine has for running generated projects."""

from __future__ import annotations

import typer

from archgen.cli.options import Json


def doctor(as_json: Json = False) -> None:
    """Show what this machine has for running what is generated."""
    from archgen.cli.console import on_stdout, print_json
    from archgen.doctor import examine_machine

    findings = examine_machine()
    ready = all(finding.found for finding in findings if finding.required)
    if as_json:
        print_json(
            {"ready": ready, "findings": [finding.document() for finding in findings]}
        )
    else:
        console = on_stdout()
        for finding in findings:
            mark = (
                "ok      "
                if finding.found
                else "missing "
                if finding.required
                else "-       "
            )
            console.print(f"{mark}{finding.name:<16}{finding.detail}", soft_wrap=True)
            if not finding.found:
                console.print(
                    f"{'':<24}for {finding.needed_for}; {finding.get}", soft_wrap=True
                )
        console.print(
            "ready for make dev, make test and make check" if ready else "not ready yet"
        )
    if not ready:
        raise typer.Exit(1)
