"""Just enough of WebKit for a test: open an address, evaluate an expression. It is WebKitGTK, a relative of Safari."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request


class WebKit:
    """A WebKit on a screen that nobody sees, spoken to in WebDriver, https://w3c.github.io/webdriver."""

    def __init__(self, program, patience):
        settings, self.processes, self.patience = dict(os.environ), [], patience
        if not {"DISPLAY", "WAYLAND_DISPLAY"} & settings.keys():
            command = ["Xvfb", "-displayfd", "1", "-nolisten", "tcp"]
            screen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.processes.append(screen)
            settings["DISPLAY"] = f":{screen.stdout.readline().strip()}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.home, port = f"http://127.0.0.1:{free.getsockname()[1]}", free.getsockname()[1]
        self.processes.append(subprocess.Popen([program, "-p", str(port)], env=settings, stderr=subprocess.DEVNULL))
        self.wait_for_it(time.monotonic() + 30)
        timeouts = {"script": 1000 * patience, "pageLoad": 1000 * patience}
        session = self.ask("/session", capabilities={"alwaysMatch": {"timeouts": timeouts}})
        self.session = f"/session/{session['sessionId']}"

    def wait_for_it(self, end):
        while time.monotonic() < end:
            try:
                return urllib.request.urlopen(f"{self.home}/status", timeout=30).close()
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"no answer from {self.home}")

    def ask(self, path, **body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.home + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=self.patience) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def goto(self, url):
        self.ask(f"{self.session}/url", url=url)

    def evaluate(self, expression):
        """The expression's value, which JSON can write."""
        script = f"""const done = arguments[0];
            Promise.resolve({expression})
                .then(value => done([JSON.stringify(value)]), error => done([null, `${{error}}`]))"""
        value, *error = self.ask(f"{self.session}/execute/async", script=script, args=[])
        if error:
            raise RuntimeError(error[0])
        return json.loads(value)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()
