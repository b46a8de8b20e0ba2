"""Run a cell as Jupyter would and report what it shows, in order: Python's side of a page that runs its code."""

import ast
import io
import linecache
import sys
import time
import types

LIMIT = 100_000  # characters that a cell may print: a loop without an end would fill the reader's memory
HINTS = {
    MemoryError: "A page gives Python 512 MB. Take less data, or run the notebook in Jupyter.",
    ModuleNotFoundError: "A page has Python's own modules, NumPy, Matplotlib and nnlib. Jupyter has what you install.",
}
report = print  # report(kind, text): the page puts its own function here


class Printed:
    """A stream that passes on what is printed: in pieces, as a message for every word would stall the page."""

    def __init__(self):
        self.kind, self.waiting, self.count, self.sent = "stdout", [], 0, 0.0

    def add(self, kind, text):
        if kind != self.kind:
            self.pass_on()
            self.kind = kind
        room = LIMIT - self.count
        self.count += len(text)
        if room > 0:
            self.waiting.append(text if len(text) <= room else text[:room] + "\n... (the rest is not shown)\n")
        if time.monotonic() - self.sent > 0.1:
            self.pass_on()

    def pass_on(self):
        if self.waiting:
            report(self.kind, "".join(self.waiting))
        self.waiting, self.sent = [], time.monotonic()


class Stream(io.TextIOBase):
    def __init__(self, kind, printed):
        self.kind, self.printed = kind, printed

    def writable(self):
        return True

    def write(self, text):
        self.printed.add(self.kind, text)
        return len(text)


class Markdown:
    """What `IPython.display.Markdown` is to a cell of the book: text that the page has already typeset."""

    def __init__(self, data):
        self.data = data


def begin():
    """A new `__main__`, as a new kernel has it."""
    sys.modules["__main__"] = types.ModuleType("__main__")
    jupyter, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    jupyter.get_ipython, jupyter.version_info = lambda: None, (9, 0)  # Matplotlib asks
    display.Markdown = Markdown
    sys.modules["IPython"], sys.modules["IPython.display"] = jupyter, display


def run(source, name):
    """Run the source; return whether it ended without an error."""
    printed = Printed()
    streams, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), Stream("stdout", printed), Stream("stderr", printed)
    linecache.cache[name] = len(source), None, source.splitlines(True), name  # for inspect.getsource
    try:
        show(execute(source, name), printed)
        show_figures(printed)
        return True
    except BaseException as error:  # SystemExit and KeyboardInterrupt, too: the page goes on
        printed.pass_on()
        explain(error, name)
        return False
    finally:
        printed.pass_on()
        sys.stdout, sys.stderr = streams


def execute(source, name):
    """Run the statements; return the value of the last one if it is an expression that ends without a semicolon."""
    names = sys.modules["__main__"].__dict__
    body = ast.parse(source, name).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) and not source.rstrip().endswith(";") else None
    exec(compile(ast.Module(body, []), name, "exec"), names)
    return last and eval(compile(ast.Expression(last.value), name, "eval"), names)


def show(value, printed):
    if value is not None:
        text = value.data if isinstance(value, Markdown) else repr(value)
        printed.pass_on()
        report("markdown" if isinstance(value, Markdown) else "result", text)


def show_figures(printed):
    """What Jupyter does at the end of a cell: show the figures that are still open."""
    if backend := sys.modules.get("page_figures"):
        printed.pass_on()
        backend.show()


def explain(error, name):
    """Report the error as the book prints it, then where it arose, then what may help."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    report("error", f"{type(error).__name__}: {text}" if text else type(error).__name__)
    if line := line_of(error, name):
        report("hint", f"In line {line} of this cell.")
    for kind, hint in HINTS.items():
        if isinstance(error, kind):
            report("hint", hint)


def line_of(error, name):
    """The line of the cell where the error arose, or where it called what failed."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    lines, step = [], error.__traceback__
    while step:
        lines += [step.tb_lineno] if step.tb_frame.f_code.co_filename == name else []
        step = step.tb_next
    return lines[-1] if lines else None
