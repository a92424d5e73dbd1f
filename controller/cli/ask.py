"""Confirmation prompts (y/N). Input typed before the question is dropped, and the default is no."""

import asyncio
import sys
import termios

import click

from controller.cli.say import fitted


def is_terminal() -> bool:
    return sys.stdin.isatty()


async def ask(question: str) -> bool:
    """Ask y/N without blocking the event loop. End of input counts as no, and so does a terminal
    that cannot be written to."""
    loop = asyncio.get_running_loop()
    try:
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
        click.echo("\n".join(fitted([f"{question} [y/N]"])) + " ", nl=False)
    except (OSError, termios.error):
        return False
    answered = loop.create_future()

    def read() -> None:
        if not answered.done():
            answered.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        line: str = await answered
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return line.strip().lower() in ("y", "yes")


class TerminalQuestions:
    """Implements `controller.runner.perform.Questions`."""

    async def go_on_with(self, member: str) -> bool:
        return await ask(f"continue with {member}?")
