"""Rehearse a class on a JupyterHub of this machine: make classroom, for five students and chapter 3.

Each logs in in a browser of their own, follows the link that fetches the book, puts right as many exercises as their
number says, runs the chapter and saves it, all at once. Then tools/collect.py takes in what they saved, and a table
says how much memory each took. As root, or on a hub of strangers, nothing like this: anybody may log in.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))
from chromium import launch_options  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

HOME = ROOT / "_build" / "classroom"
PROXY = "configurable-http-proxy@5.3.0"
OPENED = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
# Run All comes back at the first error, be it announced by raises-exception, while the kernel goes on.
SOLVE_AND_RUN = """count => { window.saved = (async () => {
    const panel = jupyterapp.shell.currentWidget, stubs = new Map(), cells = [...panel.content.model.cells];
    for (const { sharedModel: cell } of cells) {
        const number = cell.getSource().match(/^check\\("(\\d+\\.\\d+)"/m)?.[1];
        if (!number) continue;
        if (!cell.getMetadata("tags")?.includes("solution")) stubs.set(number, cell);
        else if (stubs.has(number) && count-- > 0) stubs.get(number).setSource(cell.getSource());
    }
    await jupyterapp.commands.execute("notebook:run-all-cells");
    while (cells.some(cell => cell.type === "code" && cell.executionCount === null))
        await new Promise(done => setTimeout(done, 200));
    await panel.context.save();
})(); }"""


def start_hub(homes, port):
    """Start a hub that lets anybody in, each in a folder of their own."""
    options = {
        "JupyterHub.authenticator_class": "dummy",
        "Authenticator.allow_all": True,
        "JupyterHub.spawner_class": "simple",
        "SimpleLocalProcessSpawner.home_dir_template": f"{homes}/{{username}}",
        "JupyterHub.bind_url": f"http://127.0.0.1:{port}",
        "JupyterHub.hub_port": free_port(),
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
        "Spawner.args": ["--LabApp.expose_app_in_browser=True", *["--allow-root"] * (os.geteuid() == 0)],
        "Spawner.start_timeout": 300,
        "Spawner.http_timeout": 300,
    }
    lines = ["c = get_config()", f"load_subconfig({str(ROOT / 'classroom' / 'jupyterhub_config.py')!r})"]
    lines += [f"c.{name} = {value!r}" for name, value in options.items()]
    if folder := os.environ.get("NNLIB_MNIST"):
        lines.append(f"c.Spawner.environment['NNLIB_MNIST'] = {folder!r}")
    config = homes / "jupyterhub_config.py"
    config.write_text("\n".join(lines))
    path = f"{HOME}/node_modules/.bin{os.pathsep}{HOME}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    with (homes / "hub.log").open("w") as log:
        command = [HOME / ".venv" / "bin" / "jupyterhub", f"--config={config}"]
        return subprocess.Popen(command, cwd=homes, stdout=log, stderr=log, env=os.environ | {"PATH": path})


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(url, seconds=120):
    """Return once somebody answers."""
    for _ in range(seconds):
        try:
            return urlopen(url)
        except OSError:
            time.sleep(1)
    sys.exit(f"expected an answer from {url} within {seconds} seconds, got none; its hub.log says why")


def link(hub, chapter):
    """Return nbgitpuller's link, as a class gets it, to a chapter of the book as it is committed here."""
    branch = subprocess.check_output(["git", "branch", "--show-current"], cwd=ROOT, text=True)
    asked = {"repo": f"file://{ROOT}", "branch": branch.strip(), "urlpath": f"lab/tree/{ROOT.name}/chapters/{chapter}"}
    return f"{hub}/hub/user-redirect/git-pull?{urlencode(asked)}"


def open_book(browser, url, student):
    """Follow the link as somebody who has to log in first, and return the page once the notebook has its kernel."""
    page = browser.new_context().new_page()
    page.set_default_timeout(600_000)
    page.goto(url)
    page.fill("#username_input", student)
    page.fill("#password_input", "rehearsal")
    page.click("#login_submit", no_wait_after=True)
    return page


def memory(student):
    """Return the most that a student's processes held, in MB: the server, and each kernel."""
    held = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"JUPYTERHUB_USER={student}\0".encode() in (process / "environ").read_bytes():
                kind = "kernel" if b"ipykernel" in (process / "cmdline").read_bytes() else "server"
                most = re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())
                held[kind] = held.get(kind, 0) + int(most[1]) // 1000
        except OSError:
            pass  # gone, or not ours
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=5)
    parser.add_argument("--chapter", default="03-dot-product.ipynb")
    arguments = parser.parse_args()
    names = [f"student-{number}" for number in range(arguments.students)]
    if not (HOME / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--prefix", HOME, PROXY], check=True)
    homes = Path(tempfile.mkdtemp(prefix="class-"))
    port = free_port()
    hub = start_hub(homes, port)
    try:
        wait_for(f"http://127.0.0.1:{port}/hub/health")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_options())
            start = time.time()
            url = link(f"http://127.0.0.1:{port}", arguments.chapter)
            pages = [open_book(browser, url, name) for name in names]
            for page in pages:
                page.wait_for_function(OPENED)
            print(f"{len(pages)} students have the chapter open after {time.time() - start:.0f} s", flush=True)
            for number, page in enumerate(pages):
                page.evaluate(SOLVE_AND_RUN, number)
            for page in pages:
                page.evaluate("() => window.saved")
            print(f"and have run and saved it after {time.time() - start:.0f} s", flush=True)
            print("\n".join(f"{name}: " + ", ".join(f"{k} {v} MB" for k, v in memory(name).items()) for name in names))
            browser.close()
    finally:
        hub.terminate()
        hub.wait()
    returned = homes.glob(f"student-*/{ROOT.name}/chapters/{arguments.chapter}")
    subprocess.run([sys.executable, ROOT / "tools" / "collect.py", *sorted(returned)], check=True)
    shutil.rmtree(homes)


if __name__ == "__main__":
    main()
